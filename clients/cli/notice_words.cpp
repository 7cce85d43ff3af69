#include "clients/cli/notice_words.hpp"

#include <string_view>

namespace livlina::cli {

namespace {

struct Sentence {
  std::uint32_t code;
  std::string_view text;
  std::string_view command = {};  // takes the incident
};

// protocol/spec/wire.md, "Notices".
constexpr Sentence sentences[] = {
    {1, "somebody needs you", "livlina take"},
    {2, "somebody needs you", "livlina take"},
    {3, "a practice alarm", "livlina take"},
    {4, "what is held became more severe", "livlina incidents"},
    {5, "somebody has taken it"},
    {6, "a coordinator has given it to somebody else"},
    {7, "a coordinator has given it to you"},
    {8, "somebody wants to hand it over to you", "livlina accept"},
    {9, "the handover was declined, and you hold it only for a while", "livlina renew"},
    {10, "something more came in what you hold", "livlina incidents"},
    {11, "you hold it only for a while longer", "livlina renew"},
    {12, "it is resolved"},
    {13, "nobody of a step can be reached: reach somebody yourself"},
    {14, "NOBODY at all can be reached: act yourself", "livlina take"},
    {15, "the circle has no backup any more: find them another supporter"},
    {16, "a phone signed two records under one number: meet the person, look at the phone"},
    {17, "check-ins were excused because the server was down: ask how they are"},
    {18, "a check-in waits"},
    {19,
     "somebody else used a device's key, or its folder was put back: meet the person, ask who has "
     "the phone"},
    {20, "your time with it has ended, you hold it no longer: people are paged again"},
    {21, "there is one more device: ask them, in person or by phone, whether it is theirs"},
    {22, "there is another plan, which a supporter approved: look at it (`livlina plan show`)"},
    {23,
     "there is another plan, and no check-in opens by it within 7 days: ask them whether that is "
     "their wish"},
    {24,
     "a signed list took a line, a scope or time from somebody: ask them whether that is their "
     "wish"},
    {25, "check-ins wait, the server cannot read their time zone: call the operator"},
    {26, "the last schedule has ended, no check-in is due any more: ask them for a new plan"},
    {27, "the desk's webhook takes nothing any more, pages reach devices alone: call the operator"},
};

}  // namespace

std::string notice_sentence(std::uint32_t code, const std::string& incident) {
  for (const Sentence& s : sentences) {
    if (s.code != code) continue;
    std::string out(s.text);
    if (!s.command.empty() && !incident.empty())
      out += ": `" + std::string(s.command) +
             (s.command == "livlina incidents" ? "" : " " + incident) + "`";
    return out;
  }
  return "a notice that this program does not know (" + std::to_string(code) + ")";
}

}  // namespace livlina::cli
