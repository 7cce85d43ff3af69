# Installs from Debian 12's own packages what building and running needs; says what it does.
# Sourced by the entry points; needs root or sudo only when something is missing.

livlina_packages=(
  clang-19 clang-tidy-19 clang-format-19 lld-19 libclang-rt-19-dev llvm-19 g++ ccache mold cmake ninja-build pkg-config binutils
  libboost1.81-dev libsodium-dev libssl-dev openssl libsqlite3-dev
  libprotobuf-dev protobuf-compiler libhowardhinnant-date-dev tzdata
  libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev libqrencode-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev librapidcheck-dev
  git ca-certificates python3
)

livlina_install() {
  local missing=() p
  for p in "${livlina_packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These packages are missing: ${missing[*]}" >&2
      echo "Run this script as root, or install them: apt-get install ${missing[*]}" >&2
      return 1
    }
    sudo=(sudo)
  fi
  echo "Installing from Debian: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq || { echo "apt-get update failed: is the network there?" >&2; return 1; }
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null || {
    echo "apt-get install failed. libboost1.81-dev and libboost-dev (1.74) exclude each other:" >&2
    echo "remove libboost-dev if it is there, then try again." >&2
    return 1
  }
}

# livlina_build PRESET [TARGET...]: configures once, then builds.
livlina_build() {
  local preset=$1; shift
  local told
  [ -f "build/$preset/build.ninja" ] || told=$(cmake --preset "$preset" 2>&1) || {
    printf '%s\n' "$told" >&2; return 1; }
  cmake --build "build/$preset" ${1:+--target "$@"}
}
