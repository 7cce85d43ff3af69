// The head of an HTTP request: any method, target and subprotocols get a route that fits.
#include "server/net/routes.hpp"
#include "tests/fuzz/target.hpp"

namespace livlina::testing::fuzz {

namespace {

void run(ByteView input) {
  if (input.empty()) return;
  // flags, then method, target and subprotocols, parted by line ends
  std::string_view rest = text(input.subspan(1));
  const auto line = [&] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view out = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return out;
  };
  server::HttpHead head;
  head.upgrade = (input[0] & 1) != 0;
  head.method = line();
  head.target = line();
  head.subprotocols = line();
  const server::Route route = server::route(head);
  if (route == server::Route::websocket) {
    must(head.upgrade && head.method == "GET", "a WebSocket begins with an upgrade");
    must(head.target.starts_with(server::websocket_path), "at its path");
    must(head.subprotocols.find(server::subprotocol) != std::string_view::npos,
         "with its subprotocol");
  }
  if (route == server::Route::alive || route == server::Route::ready)
    must(head.method == "GET" || head.method == "HEAD", "health is only read");
}

Bytes seed(std::uint8_t flags, std::string_view lines) {
  ByteWriter w;
  return w.u8(flags).str(lines).take();
}

std::vector<Bytes> seeds() {
  return {seed(1, "GET\n/v1/ws\nlivlina.v1"), seed(1, "GET\n/v1/ws\nother, livlina.v1"),
          seed(0, "GET\n/v1/ws\n"),           seed(0, "GET\n/healthz\n"),
          seed(0, "HEAD\n/readyz?x=1\n"),     seed(0, "POST\n/readyz\n")};
}

}  // namespace

const Target routes{"routes", 512, run, seeds};

}  // namespace livlina::testing::fuzz
