// Random conversations over a network that loses, repeats, reorders and damages, against a model.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

struct Packet {
  Bytes frame;
  std::string text;
  int chain = 0;         // which of the sender's chains
  std::uint32_t pn = 0;  // messages in the one before
  std::uint32_t n = 0;
};

// What one side must know, told in chains and numbers, without a key.
class Model {
 public:
  // The next message we send.
  Packet send() { return {{}, {}, chain_, pn_, ns_++}; }

  // What must become of a packet: its text, a bracketed error, or either of two.
  std::set<std::string> expected(const Packet& p) const {
    const auto known = chains_.find(p.chain);
    if (known != chains_.end() && known->second.opened.count(p.n) != 0) {
      // A chain that misses nothing may be forgotten.
      if (known->second.missing() == 0 && p.chain != current_)
        return {"[duplicate]", "[unknown_hint]"};
      return {"[duplicate]"};
    }
    if (p.chain > current_ && gaps_after(p) > 8) return {"[limit]"};
    return {p.text};
  }

  void opened(const Packet& p) {
    if (p.chain > current_) {
      if (current_ >= 0) chains_[current_].next = p.pn;
      current_ = p.chain;
      pn_ = ns_;
      ns_ = 0;
      ++chain_;
    }
    Chain& c = chains_[p.chain];
    c.opened.insert(p.n);
    c.next = std::max(c.next, p.n + 1);
  }

  std::size_t missing() const {
    std::size_t sum = 0;
    for (const auto& [id, c] : chains_) sum += c.missing();
    return sum;
  }

 private:
  struct Chain {
    std::set<std::uint32_t> opened;
    std::uint32_t next = 0;
    std::size_t missing() const { return next - opened.size(); }
  };
  int gaps_after(const Packet& p) const {
    int gaps = 0;
    for (const auto& [id, c] : chains_) {
      const std::size_t total = id == current_ ? p.pn : c.next;
      if (total > c.opened.size()) ++gaps;
    }
    return gaps;
  }
  std::map<int, Chain> chains_;  // the peer's, as far as seen
  int current_ = -1;
  int chain_ = 0;  // our own
  std::uint32_t ns_ = 0;
  std::uint32_t pn_ = 0;
};

struct Side {
  std::optional<Session> session;
  Model model;
  std::vector<Packet> inbox;  // on their way to this side
  Outgoing sends;
};

class Conversation {
 public:
  explicit Conversation(std::uint64_t seed) : random_(seed), alice_(random_), bo_(random_) {
    a_.session = begin(alice_, bo_, 1, random_);
    a_.sends = by_participant();
    b_.sends = to_participant();
  }

  void step(std::uint8_t op, std::uint8_t arg) {
    Side& us = arg % 2 == 0 ? a_ : b_;
    Side& them = arg % 2 == 0 ? b_ : a_;
    const std::size_t pick = us.inbox.empty() ? 0 : arg / 2 % us.inbox.size();
    switch (op % 8) {
      case 0:
      case 1:
      case 2:
        return send(us, them);
      case 3:
      case 4:
        return take(us, pick, true);
      case 5:
        return take(us, pick, false);
      case 6:
        if (arg % 3 == 0) return damage(us, pick, arg);
        if (pick < us.inbox.size()) us.inbox.erase(us.inbox.begin() + std::ptrdiff_t(pick));
        return;
      default:
        if (us.session) us.session = Session::unpickle(us.session->pickle().expose()).value();
    }
  }

  // One side sends twice and only the later frame arrives: the other stays on its way, and every
  // turn leaves a gap behind. Sometimes the later one stays as well, to come again much later.
  void leave_a_gap(std::uint8_t arg) {
    Side& us = arg % 2 == 0 ? a_ : b_;
    Side& them = arg % 2 == 0 ? b_ : a_;
    if (arg % 8 < 6) send(us, them);
    send(us, them);
    if (!them.inbox.empty()) take(them, them.inbox.size() - 1, arg % 8 < 7);
  }

  void deliver_the_rest() {
    while (!a_.inbox.empty() || !b_.inbox.empty()) {
      take(b_, 0, true);
      take(a_, 0, true);
    }
  }

 private:
  void send(Side& us, Side& them) {
    if (!us.session) return;
    Packet p = us.model.send();
    p.text = "message " + std::to_string(sent_++);
    p.frame = us.session->encrypt(us.sends, view(p.text), random_).value();
    them.inbox.push_back(std::move(p));
  }

  void take(Side& us, std::size_t pick, bool remove) {
    if (pick >= us.inbox.size()) return;
    const Packet p = us.inbox[pick];
    if (remove) us.inbox.erase(us.inbox.begin() + std::ptrdiff_t(pick));
    if (!us.session) us.session = answer(bo_, alice_, p.frame).value();
    const auto expected = us.model.expected(p);
    const std::string got = open(us, p.frame);
    RC_ASSERT(expected.count(got) == 1);
    if (got == p.text) us.model.opened(p);
    RC_ASSERT(us.session->missing() == us.model.missing());
  }

  void damage(Side& us, std::size_t pick, std::uint8_t arg) {
    if (pick >= us.inbox.size() || !us.session) return;
    Bytes frame = us.inbox[pick].frame;
    frame[(arg * 7919u) % frame.size()] ^= 0x20;
    const SecretBytes before = us.session->pickle();
    RC_ASSERT(open(us, frame).front() == '[');
    RC_ASSERT(secret_equal(before.expose(), us.session->pickle().expose()));
  }

  std::string open(Side& us, const Bytes& frame) {
    const Outgoing& theirs = &us == &a_ ? b_.sends : a_.sends;
    return shown(read(*us.session, frame, roles_of(theirs), random_));
  }

  SeededRandom random_;
  Device alice_;
  Device bo_;
  Side a_;
  Side b_;
  int sent_ = 0;
};

using Steps = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

RC_GTEST_PROP(ConversationWalk, M2_T6_each_message_opens_exactly_once, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  const auto steps = *rc::gen::scale(4.0, rc::gen::arbitrary<Steps>());
  Conversation c(seed);
  for (const auto& [op, arg] : steps) c.step(op, arg);
  c.deliver_the_rest();
}

RC_GTEST_PROP(ConversationWalk, M2_T12_gaps_in_nearly_every_chain, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  const auto args = *rc::gen::scale(2.0, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  Conversation c(seed);
  for (std::uint8_t arg : args) c.leave_a_gap(arg);
  c.deliver_the_rest();
}

}  // namespace
}  // namespace livlina::testing
