// The sender at a real receiver on this machine, good and bad ones.
#include "server/channels/webhook.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>

#include "server/channels/signature.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/webhook_receiver.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::server {
namespace {

using testing::Manner;
using testing::WebhookReceiver;
using What = policy::Delivery::What;

constexpr Instant sent_at = 1'767'225'600'000;

WebhookNotice notice(std::uint8_t n, int severity = 3, Instant at = 1000) {
  WebhookNotice out;
  out.id.bytes[0] = n;
  out.incident.bytes[15] = n;
  out.severity = severity;
  out.code = "page";
  out.at = at;
  return out;
}

class WebhookTest : public ::testing::Test {
 protected:
  WebhookTest() { testing::make_certificate(certificate, key); }
  WebhookSettings settings(const std::string& url) const {
    WebhookSettings out;
    out.url = url;
    out.ca_file = certificate;
    out.allow_private = true;
    out.secret = [] { return crypto::SecretBytes(view("whsec_" + std::string(43, 'A') + "=")); };
    return out;
  }
  Attempt send(const WebhookSettings& to, const Resolver& resolver = system_resolver) const {
    return send_webhook(to, notice(1), sent_at, Lookup(resolver), limits, {});
  }
  // To one that hangs: whatever happens, the wait is bounded by this and not by the receiver.
  Attempt send_soon(const WebhookSettings& to) {
    limits.time = 500;
    limits.connect = 500;
    return send(to);
  }
  testing::TempDir dir;
  std::string certificate = dir.file("certificate.pem");
  std::string key = dir.file("key.pem");
  WebhookLimits limits;
};

TEST_F(WebhookTest, M3_what_arrives_is_signed_and_says_nothing_else) {
  WebhookReceiver receiver(certificate, key);
  const Attempt attempt = send(settings(receiver.url()));
  EXPECT_EQ(attempt.delivery.what, What::accepted) << told(attempt);
  EXPECT_EQ(attempt.status, 204u);
  const auto posts = receiver.posts();
  ASSERT_EQ(posts.size(), 1u);
  EXPECT_EQ(posts[0].method, "POST");
  EXPECT_EQ(posts[0].target, "/hook?a=b");
  EXPECT_EQ(posts[0].body, webhook_body(notice(1)));
  const Bytes secret(32, 0);  // AAAA...
  const std::map<std::string, std::string> expected = {
      {"host", "localhost:" + std::to_string(receiver.port())},
      {"connection", "close"},
      {"content-type", "application/json"},
      {"content-length", std::to_string(posts[0].body.size())},
      {"webhook-id", notice(1).id.hex()},
      {"webhook-timestamp", "1767225600"},
      {"webhook-signature",
       webhook_signature(secret, notice(1).id.hex(), 1'767'225'600, posts[0].body)}};
  EXPECT_EQ(posts[0].headers, expected);
}

TEST_F(WebhookTest, H14_a_redirect_is_refused_and_never_followed) {
  WebhookReceiver elsewhere(certificate, key);
  WebhookReceiver receiver(certificate, key);
  for (const int status : {301, 302, 303, 307, 308}) {
    receiver.reply_status(status, "Location: " + elsewhere.url() + "\r\n");
    const Attempt attempt = send(settings(receiver.url()));
    EXPECT_EQ(attempt.delivery.what, What::refused) << status;
    EXPECT_EQ(attempt.status, static_cast<unsigned>(status));
  }
  EXPECT_EQ(elsewhere.connections(), 0u);
  EXPECT_EQ(receiver.connections(), 5u);
}

TEST_F(WebhookTest, H16_H17_gone_and_refused_end_it_and_too_much_or_ill_repeats_it) {
  WebhookReceiver receiver(certificate, key);
  receiver.reply_status(410);
  EXPECT_EQ(send(settings(receiver.url())).delivery.what, What::refused);
  receiver.reply_status(429, "Retry-After: 30\r\n");
  const Attempt later = send(settings(receiver.url()));
  EXPECT_EQ(later.delivery.what, What::later);
  EXPECT_EQ(later.delivery.retry_after, 30 * second);
  receiver.reply_status(503);
  EXPECT_EQ(send(settings(receiver.url())).delivery.what, What::later);
}

TEST_F(WebhookTest, a_certificate_that_is_not_trusted_ends_it_before_anything_is_said) {
  const std::string other = dir.file("other.pem");
  testing::make_certificate(other, dir.file("other.key"));
  WebhookReceiver receiver(other, dir.file("other.key"));
  const Attempt attempt = send(settings(receiver.url()));
  EXPECT_EQ(attempt.end, AttemptEnd::certificate);
  EXPECT_EQ(attempt.delivery.what, What::refused);
  WebhookSettings by_system = settings(receiver.url());
  by_system.ca_file.clear();
  EXPECT_EQ(send(by_system).end, AttemptEnd::certificate);
  EXPECT_TRUE(receiver.posts().empty());
}

TEST_F(WebhookTest, a_certificate_for_another_name_or_of_another_time_ends_it) {
  testing::make_certificate(certificate, key, 30, "DNS:pager.example");
  WebhookReceiver receiver(certificate, key);
  EXPECT_EQ(send(settings(receiver.url())).end, AttemptEnd::certificate);
  EXPECT_EQ(send(settings(receiver.url("127.0.0.1"))).end, AttemptEnd::certificate);
  testing::make_certificate(certificate, key, -1);
  WebhookReceiver old(certificate, key);
  EXPECT_EQ(send(settings(old.url())).end, AttemptEnd::certificate);
  EXPECT_TRUE(receiver.posts().empty());
  EXPECT_TRUE(old.posts().empty());
}

TEST_F(WebhookTest, an_address_is_a_host_like_a_name) {
  WebhookReceiver receiver(certificate, key);
  EXPECT_EQ(send(settings(receiver.url("127.0.0.1"))).delivery.what, What::accepted);
  EXPECT_EQ(send(settings(receiver.url("[::ffff:127.0.0.1]"))).end, AttemptEnd::certificate)
      << "written as another address than the certificate has";
}

TEST_F(WebhookTest, without_allow_private_nothing_goes_to_this_machine) {
  WebhookReceiver receiver(certificate, key);
  for (const char* host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}) {
    WebhookSettings to = settings(receiver.url(host));
    to.allow_private = false;
    EXPECT_EQ(send(to).end, AttemptEnd::url) << host;
  }
  WebhookSettings by_name = settings(receiver.url());
  by_name.allow_private = false;
  const Attempt attempt = send(by_name);
  EXPECT_EQ(attempt.end, AttemptEnd::address) << "the name is nobody's, its address is ours";
  EXPECT_EQ(attempt.delivery.what, What::refused);
  EXPECT_EQ(receiver.connections(), 0u);
}

TEST_F(WebhookTest, the_address_that_was_checked_is_the_one_that_is_connected_to) {
  WebhookReceiver receiver(certificate, key);
  const IpAddress ours = parse_address("127.0.0.1").value();
  const IpAddress metadata = parse_address("169.254.169.254").value();
  std::atomic<int> asked = 0;
  // As a name that answers otherwise each time it is asked.
  const Resolver turning = [&](const std::string&) -> std::vector<IpAddress> {
    return {++asked == 1 ? ours : metadata};
  };
  EXPECT_EQ(send(settings(receiver.url()), turning).delivery.what, What::accepted);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(send(settings(receiver.url()), turning).end, AttemptEnd::address);
  // Among good ones a bad one is left out.
  const Resolver both = [&](const std::string&) -> std::vector<IpAddress> {
    return {metadata, parse_address("fe80::1").value(), ours};
  };
  EXPECT_EQ(send(settings(receiver.url()), both).delivery.what, What::accepted);
  EXPECT_EQ(receiver.connections(), 2u);
}

TEST_F(WebhookTest, what_is_not_encrypted_goes_to_this_machine_alone) {
  WebhookReceiver receiver("", "");
  EXPECT_EQ(send(settings(receiver.url())).delivery.what, What::accepted);
  const Resolver inner = [](const std::string&) -> std::vector<IpAddress> {
    return {parse_address("10.0.0.1").value(), parse_address("1.1.1.1").value()};
  };
  EXPECT_EQ(send(settings(receiver.url()), inner).end, AttemptEnd::address);
  WebhookSettings strict = settings(receiver.url());
  strict.allow_private = false;
  EXPECT_EQ(send(strict).end, AttemptEnd::url);
  EXPECT_EQ(receiver.connections(), 1u);
}

TEST_F(WebhookTest, T26_whoever_does_not_answer_costs_the_time_limit_and_no_more) {
  WebhookReceiver receiver(certificate, key);
  for (const Manner manner : {Manner::silent, Manner::mute, Manner::drips}) {
    receiver.set(manner);
    const Attempt attempt = send_soon(settings(receiver.url("127.0.0.1")));
    EXPECT_EQ(attempt.delivery.what, What::later);
    // A drip may fill the head before the time is over, on a machine that is slow.
    if (manner != Manner::drips) EXPECT_EQ(attempt.end, AttemptEnd::time);
  }
}

TEST_F(WebhookTest, T24_of_a_huge_reply_nothing_but_a_bounded_head_is_read) {
  WebhookReceiver receiver(certificate, key);
  receiver.set(Manner::long_head);
  EXPECT_EQ(send(settings(receiver.url())).end, AttemptEnd::reply);
  receiver.set(Manner::long_body);
  EXPECT_EQ(send(settings(receiver.url())).delivery.what, What::accepted);
  receiver.set(Manner::speaks_tea);
  EXPECT_EQ(send(settings(receiver.url())).end, AttemptEnd::reply);
}

TEST_F(WebhookTest, nobody_there_and_no_name_are_tried_again) {
  std::uint16_t port = 0;
  {
    const WebhookReceiver gone(certificate, key);
    port = gone.port();
  }
  const std::string url = "https://localhost:" + std::to_string(port) + "/";
  EXPECT_EQ(send(settings(url)).end, AttemptEnd::connection);
  const Resolver nothing = [](const std::string&) { return std::vector<IpAddress>{}; };
  const Attempt attempt = send(settings("https://pager.example/"), nothing);
  EXPECT_EQ(attempt.end, AttemptEnd::lookup);
  EXPECT_EQ(attempt.delivery.what, What::later);
}

TEST_F(WebhookTest, without_secret_or_certificates_nothing_is_said) {
  WebhookReceiver receiver(certificate, key);
  WebhookSettings to = settings(receiver.url());
  to.secret = [] { return crypto::SecretBytes(view(std::string_view("guess"))); };
  EXPECT_EQ(send(to).end, AttemptEnd::secret);
  to.secret = []() -> crypto::SecretBytes { throw std::runtime_error("no file"); };
  EXPECT_EQ(send(to).end, AttemptEnd::secret);
  to = settings(receiver.url());
  to.ca_file = dir.write("empty.pem", "");
  EXPECT_EQ(send(to).end, AttemptEnd::trust);
  EXPECT_EQ(receiver.connections(), 0u);
}

TEST_F(WebhookTest, a_resolver_that_hangs_costs_the_time_limit_and_is_not_asked_twice) {
  // Shared with the thread that is left behind.
  struct Held {
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    int asked = 0;
  };
  const auto held = std::make_shared<Held>();
  const Lookup lookup([held](const std::string&) {
    std::unique_lock lock(held->mutex);
    ++held->asked;
    held->changed.wait(lock, [&] { return held->over; });
    return std::vector<IpAddress>{};
  });
  limits.time = 100;
  for (int k = 0; k < 3; ++k)
    EXPECT_EQ(
        send_webhook(settings("https://pager.example/"), notice(1), sent_at, lookup, limits, {})
            .end,
        AttemptEnd::lookup);
  const std::scoped_lock lock(held->mutex);
  EXPECT_LE(held->asked, 1);
  held->over = true;
  held->changed.notify_all();
}

// The thread that sends.
class WebhookThread : public WebhookTest {
 protected:
  Webhook::Done done() {
    return [this](const NoticeId& id, const Attempt& attempt) {
      const std::scoped_lock lock(mutex);
      results.emplace_back(id, attempt);
      changed.notify_all();
    };
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return results.size() >= n; });
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<NoticeId, Attempt>> results;
};

TEST_F(WebhookThread, H18_one_at_a_time_the_most_severe_then_the_newest_and_none_twice) {
  WebhookReceiver receiver(certificate, key);
  std::mutex gate;
  std::unique_lock closed(gate);
  // The first one waits here until all of them are known.
  WebhookSettings to = settings(receiver.url());
  to.secret = [&gate] {
    const std::scoped_lock lock(gate);
    return crypto::SecretBytes(view("whsec_" + std::string(43, 'A') + "="));
  };
  Webhook channel(to, done());
  channel.send(notice(1, 4, 9000));
  // Only once it was taken do the others wait for it.
  for (const WebhookNotice& n : {notice(2, 1, 5000), notice(3, 3, 1000), notice(4, 3, 2000),
                                 notice(5, 0, 9000), notice(6, 4, 1)}) {
    channel.send(n);
    channel.send(n);
  }
  closed.unlock();
  ASSERT_TRUE(wait_for(6));
  std::vector<int> order;
  for (const auto& [id, attempt] : results) {
    order.push_back(id.bytes[0]);
    EXPECT_EQ(attempt.delivery.what, What::accepted);
  }
  EXPECT_EQ(order, (std::vector<int>{1, 6, 4, 3, 2, 5}));
  EXPECT_EQ(receiver.connections(), 6u);
}

TEST_F(WebhookThread, G5_one_that_failed_is_taken_again) {
  WebhookReceiver receiver(certificate, key);
  receiver.reply_status(500);
  Webhook channel(settings(receiver.url()), done());
  channel.send(notice(1));
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(results[0].second.delivery.what, What::later);
  receiver.reply_status(200);
  channel.send(notice(1));
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(results[1].second.delivery.what, What::accepted);
  const auto posts = receiver.posts();
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_EQ(posts[0].headers.at("webhook-id"), posts[1].headers.at("webhook-id"));
}

TEST_F(WebhookThread, stopping_does_not_wait_for_a_receiver_that_hangs) {
  WebhookReceiver receiver(certificate, key);
  receiver.set(Manner::mute);
  const auto before = std::chrono::steady_clock::now();
  {
    WebhookLimits patient;
    patient.time = 100 * second;
    Webhook channel(settings(receiver.url()), done(), system_resolver, patient);
    channel.send(notice(1));
    ASSERT_TRUE(receiver.wait_for_posts(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(50));
  EXPECT_TRUE(results.empty()) << "not delivered, and not said to be";
}

}  // namespace
}  // namespace livlina::server
