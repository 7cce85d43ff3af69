# The same names as Debian's libraries, for wasm32: built once by ops/lib/wasm.sh from Debian's
# sources, and kept in its cache.

set(LIVLINA_WASM_CACHE "$ENV{LIVLINA_WASM_CACHE}")
if(NOT LIVLINA_WASM_CACHE)
  set(LIVLINA_WASM_CACHE "$ENV{XDG_CACHE_HOME}")
  if(NOT LIVLINA_WASM_CACHE)
    set(LIVLINA_WASM_CACHE "$ENV{HOME}/.cache")
  endif()
  string(APPEND LIVLINA_WASM_CACHE "/livlina/wasm")
endif()

function(livlina_wasm_import target archive folder)
  set(root "${LIVLINA_WASM_CACHE}/${folder}")
  if(NOT EXISTS "${root}/complete")
    message(FATAL_ERROR "No ${folder} for WebAssembly in ${LIVLINA_WASM_CACHE}: "
      "run ops/test.sh --wasm, which builds it")
  endif()
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${root}/lib/${archive}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${root}/include"
    INTERFACE_INCLUDE_DIRECTORIES "${root}/include")
endfunction()
livlina_wasm_import(PkgConfig::sodium libsodium.a libsodium)
livlina_wasm_import(protobuf::libprotobuf-lite libprotobuf-lite.a protobuf)

# The generator runs here, not there.
find_program(LIVLINA_PROTOC protoc REQUIRED NO_CMAKE_FIND_ROOT_PATH)
add_executable(protobuf::protoc IMPORTED GLOBAL)
set_target_properties(protobuf::protoc PROPERTIES IMPORTED_LOCATION "${LIVLINA_PROTOC}")
