# What the WebAssembly build needs beside Debian's packages: libsodium and protobuf-lite for wasm32,
# built once from Debian's sources of the versions that the native build links, and kept in a cache.
# Sourced by the entry points.

livlina_wasm_packages=(emscripten nodejs autoconf automake libtool googletest dpkg-dev brotli)

# Where both are kept. CMake's preset looks there too (cmake/wasm.cmake).
livlina_wasm_cache=${LIVLINA_WASM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/livlina/wasm}

# apt-get with lists, sources and cache of its own: the system's stay as they are.
livlina_wasm_apt() {
  local apt=$livlina_wasm_cache/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  # The sources of Debian itself, from where its packages come here; the archive before the updates,
  # which drop what has come into the archive.
  apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -ru >"$apt/sources.list"
  [ -s "$apt/sources.list" ] || { echo "No lists of Debian's packages: run apt-get update." >&2; return 1; }
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt" -o APT::Sandbox::User= "$@"
}

# livlina_wasm_library NATIVE_PACKAGE: builds the library of that package's source, unless it is
# there, and names its folder (include/, lib/) by a link without a version.
livlina_wasm_library() {
  local source version name folder work
  source=$(dpkg-query -W -f '${source:Package}' "$1")
  version=$(dpkg-query -W -f '${source:Version}' "$1")
  name=${source}_${version}_$(emcc -dumpversion)
  folder=$livlina_wasm_cache/$name
  if [ ! -f "$folder/complete" ]; then
    echo "Building $source $version for WebAssembly into $folder (once, some minutes)"
    work=$livlina_wasm_cache/work/$name
    rm -rf "$folder" "$work"
    mkdir -p "$folder" "$work"
    [ -n "${livlina_wasm_updated:-}" ] || livlina_wasm_apt update || {
      echo "apt-get update of the sources failed: is the network there?" >&2; return 1; }
    livlina_wasm_updated=yes
    (cd "$work" && livlina_wasm_apt --download-only source "$source=$version" &&
      dpkg-source -x ./*.dsc source && cd source && "livlina_wasm_$source" "$folder") \
      >"$folder/log" 2>&1 || {
      tail -20 "$folder/log" >&2
      echo "Building $source failed: see $folder/log" >&2
      return 1
    }
    rm -rf "$work"
    touch "$folder/complete"
  fi
  ln -sfn "$name" "$livlina_wasm_cache/$source"
}

livlina_wasm_libsodium() {
  export NODE_PATH=/usr/share/nodejs  # Emscripten looks for acorn
  ./autogen.sh -s &&
    emconfigure ./configure --host=wasm32-unknown-emscripten --prefix="$1" --disable-shared \
      --enable-static --without-pthreads --disable-ssp --disable-asm --disable-pie CFLAGS=-O2 &&
    emmake make -j"$(nproc)" -C src && emmake make -C src install
}

livlina_wasm_protobuf() {
  emcmake cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$1" \
    -DCMAKE_CXX_FLAGS="-O2 -fno-exceptions" -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG \
    -Dprotobuf_BUILD_TESTS=OFF -Dprotobuf_BUILD_PROTOC_BINARIES=OFF \
    -Dprotobuf_BUILD_LIBPROTOC=OFF -Dprotobuf_WITH_ZLIB=OFF &&
    cmake --build build --target libprotobuf-lite &&
    mkdir -p "$1/lib" "$1/include" && cp build/libprotobuf-lite.a "$1/lib/" &&
    (cd src && find google/protobuf \( -name "*.h" -o -name "*.inc" \) -exec cp --parents {} "$1/include" \;)
}

# Everything that the preset `wasm` takes from the cache.
livlina_wasm_dependencies() {
  mkdir -p "$livlina_wasm_cache"
  livlina_wasm_library libsodium-dev && livlina_wasm_library libprotobuf-dev
}

# livlina_wasm_sizes FOLDER: what a page loads, in bytes: as it is, by gzip and by brotli.
livlina_wasm_sizes() {
  local name file
  for name in livlina_core.wasm livlina_core.mjs client.mjs; do
    file=$1/$name
    echo "size: $name $(wc -c <"$file") bytes, gzip $(gzip -9c "$file" | wc -c)," \
      "brotli $(brotli -q 11 -c "$file" | wc -c)"
  done
}
