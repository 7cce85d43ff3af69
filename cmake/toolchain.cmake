# The compiler's surroundings: ccache, a fast linker, warnings as errors, sanitizers.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

if(EMSCRIPTEN)
  add_compile_options(-fno-exceptions)  # everything that is linked together needs the same
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  # Its linker looks for Debian's acorn.
  set(CMAKE_CXX_LINKER_LAUNCHER "${CMAKE_COMMAND}" -E env NODE_PATH=/usr/share/nodejs)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(LLD NAMES ld.lld-19 ld.lld)
  if(LLD)
    add_link_options("--ld-path=${LLD}")
  endif()
else()
  find_program(MOLD mold)
  if(MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

add_library(livlina_warnings INTERFACE)
target_compile_options(livlina_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wnull-dereference)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside the standard library's own headers at -O2 (its PR 105329, 105651).
  target_compile_options(livlina_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overread)
endif()

if(LIVLINA_SANITIZE)
  add_compile_options(-fsanitize=${LIVLINA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LIVLINA_SANITIZE})
  if(LIVLINA_SANITIZE MATCHES address)
    add_compile_definitions(LIVLINA_LEAK_CHECK)  # comes with it
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND LIVLINA_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# libFuzzer sees where an input went; only the fuzz executables link its main().
if(LIVLINA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(LIVLINA_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

# Hardening for what is shipped.
if(NOT EMSCRIPTEN AND
   (CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo"))
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions(_FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
