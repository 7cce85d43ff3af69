#!/usr/bin/env python3
"""Plays Livlina's main job as a story, with a real server and one real command-line process per role.

Each step prints who did what and how long it took, and is asserted from the other side's --json.
Exit status 0 only when every step was seen there. Called by ops/run.sh.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time


class StoryError(Exception):
    """A step that was not seen on the other side."""


class Role:
    """One person with a state folder of their own, played through the `livlina` command line."""

    def __init__(self, story, name, pin):
        self.story = story
        self.name = name
        self.state = story.var / "people" / name.lower()
        self.state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pin_file = self.write_pin("pin", pin)

    def write_pin(self, suffix, pin):
        path = self.state.parent / f"{self.name.lower()}.{suffix}"
        path.write_text(pin + "\n", encoding="ascii")
        path.chmod(0o600)
        return path

    def argv(self, words, pin_file=None):
        return [str(self.story.livlina), "--state", str(self.state), "--ca", str(self.story.ca),
                "--pin-file", str(pin_file or self.pin_file), "--json", *words]

    def run(self, *words, expect=0, pin_file=None):
        """Runs one command to its end; the JSON values it printed, the last one first to hand."""
        done = subprocess.run(self.argv(words, pin_file), capture_output=True, text=True, timeout=90,
                              check=False)
        values = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        if done.returncode != expect:
            raise StoryError(f"{self.name}: `livlina {' '.join(words)}` ended with "
                             f"{done.returncode} instead of {expect}: {done.stdout}{done.stderr}")
        return values[-1] if values else {}

    def start(self, *words):
        """Starts a command that goes on in the background."""
        return Running(self, words)


class Running:
    """A command in the background: its JSON lines as they come."""

    def __init__(self, role, words):
        self.role = role
        self.words = words
        self.process = subprocess.Popen(role.argv(words), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        role.story.children.append(self.process)

    def first_line(self):
        line = self.process.stdout.readline()
        if not line:
            raise StoryError(f"{self.role.name}: `livlina {' '.join(self.words)}` said nothing: "
                             f"{self.process.stderr.read()}")
        return json.loads(line)

    def end(self):
        """Waits for its end, which must be a good one; all the values it printed since."""
        out, err = self.process.communicate(timeout=120)
        if self.process.returncode != 0:
            raise StoryError(f"{self.role.name}: `livlina {' '.join(self.words)}` ended with "
                             f"{self.process.returncode}: {out}{err}")
        return [json.loads(line) for line in out.splitlines() if line.strip()]


class Story:
    """The steps, in order, each printed and asserted."""

    longest_chapter = 25  # seconds that one of the chapters told while waiting may take

    def __init__(self, options):
        self.var = pathlib.Path(options.var)
        self.livlina = pathlib.Path(options.livlina)
        self.ca = pathlib.Path(options.ca)
        self.host = options.host
        self.code = options.code
        self.children = []
        self.begin = time.monotonic()
        self.karin = Role(self, "Karin", "111222")
        self.sara = Role(self, "Sara", "222333")
        self.amal = Role(self, "Amal", "333444")
        self.sami = Role(self, "Sami", "471147")
        self.sami_duress = self.sami.write_pin("duress", "471198")

    # ---- telling ----

    def tell(self, who, what, since):
        now = time.monotonic()
        print(f"  {now - self.begin:6.1f} s  {who:<6} {what}  ({now - since:.1f} s)", flush=True)

    def chapter(self, title):
        print(f"\n{title}", flush=True)

    def check(self, condition, what):
        if not condition:
            raise StoryError(f"not seen on the other side: {what}")

    def at_desk(self, condition, what):
        """The open incidents as soon as the desk's own client sees that; the server judges what came
        soon after it has answered."""
        until = time.monotonic() + 20
        while not condition(seen := self.karin.run("incidents")["incidents"]):
            self.check(time.monotonic() < until, what)
            time.sleep(0.2)
        return seen

    def ended(self, lane, reason):
        """The incident of that lane that the desk's own client saw end last, with its reason."""
        closed = [i for i in self.karin.run("incidents", "--all")["incidents"]
                  if i["lane"] == lane and i["state"] == "resolved" and i["reason"] == reason]
        self.check(closed, f"the desk sees the {lane} incident resolved: {reason}")
        return closed[-1]

    # ---- chapters ----

    def desk_is_made(self):
        self.chapter("A coordinator sets up the desk")
        since = time.monotonic()
        self.karin.run("enrol", "--code", self.code, "--name", "Karin", "--organisation",
                       "Social services")
        self.tell("Karin", "enrols with the code that the server printed once", since)
        since = time.monotonic()
        desk = self.karin.run("desk", "create", "Stadens desk")
        self.check(desk["keeper"] and desk["coordinator"], "Karin keeps the desk's key")
        self.tell("Karin", "makes the desk; its key never leaves her device", since)

    def joins(self, inviter, role, newcomer, organisation):
        since = time.monotonic()
        inviting = inviter.start("--timeout", "60", "invite", role, "--wait", "--no-qr")
        words = inviting.first_line()["words"]
        self.tell(inviter.name, f"invites a {role}: twelve words", since)
        since = time.monotonic()
        how = ["enrol"]
        if role == "participant":
            how = ["pair", "--duress-pin-file", str(self.sami_duress)]
        joined = newcomer.run(*how, "--words", words, "--host", self.host, "--name", newcomer.name,
                              *(["--organisation", organisation] if organisation else []))
        seen = inviting.end()[-1]
        self.check(seen["safety_words"] == joined["safety_words"] and
                   len(seen["safety_words"].split()) == 6, "the same six safety words")
        self.check(seen["name"] == newcomer.name, "who has joined")
        self.tell(newcomer.name, f"joins; both read: {joined['safety_words']}", since)
        since = time.monotonic()
        inviter.run("confirm", "--yes")
        newcomer.run("confirm", "--yes")
        self.tell("both", "confirm that the words are the same", since)

    def staff_is_enrolled(self):
        self.chapter("A contact person and a mentor are enrolled")
        self.joins(self.karin, "contact_person", self.sara, "Social services")
        self.joins(self.karin, "mentor", self.amal, "The exit programme")
        staff = {p["name"]: p["role"] for p in self.sara.run("people")["people"]}
        self.check(staff.get("Amal") == "mentor", "Sara knows Amal from the desk's directory")
        self.check(staff.get("Karin") == "coordinator", "and Karin from the desk's roster")

    def participant_pairs(self):
        self.chapter("A participant pairs in person, and signs who may receive what")
        self.joins(self.sara, "participant", self.sami, "")
        since = time.monotonic()
        circle = self.sami.run("circle", "sign", "--line", "Sara:contact_person:all", "--line",
                               "Amal:mentor:messages,checkin,alarm,plan", "--line",
                               "desk:checkin,alarm")
        self.check(len(circle["people"]) == 3, "three lines")
        shown = self.sara.run("circle", "show")
        self.check(sorted(p["line_type"] for p in shown["people"]) ==
                   sorted(p["line_type"] for p in circle["people"]) and
                   shown["manifest_seq"] == circle["manifest_seq"],
                   "Sara's client verified the same three lines")
        self.tell("Sami", "signs: Sara, Amal and the desk", since)
        since = time.monotonic()
        numbers = [self.sami.run("safety-number", "Amal")["digits"],
                   self.amal.run("safety-number", "Sami")["digits"]]
        self.check(numbers[0] == numbers[1] and len(numbers[0]) == 60, "the same safety number")
        self.tell("both", f"Sami and Amal see the safety number {numbers[0][:10]}...", since)

    def practice_alarm(self):
        self.chapter("A practice alarm, taken by a human")
        listening = self.amal.start("listen", "--for", "page", "--seconds", "60")
        time.sleep(1)
        since = time.monotonic()
        self.sami.run("alarm", "--practice")
        self.tell("Sami", "raises a practice alarm", since)
        page = [e for e in listening.end() if e["event"] == "notice"][-1]
        self.check(page["lane"] == "drill", "Amal's page is a drill")
        self.tell("Amal", "is paged", since)
        since = time.monotonic()
        taken = self.amal.run("take")
        self.check(taken["state"] == "taken" and taken["holder_name"] == "Amal", "Amal holds it")
        seen = self.sami.run("incidents")["incidents"][0]
        self.check(seen["taken_verified"] and seen["holder_name"] == "Amal",
                   "Sami sees, verified, that Amal has it")
        self.amal.run("resolve", "--reason", "drill_done")
        self.ended("drill", "drill_done")
        self.tell("Amal", "takes and ends it; Sami saw it, verified by signature", since)

    def armed(self):
        self.chapter("The plan, and from now on somebody notices")
        since = time.monotonic()
        self.karin.run("circle", "category", "1")
        # Two check-ins at the next whole minute by Stockholm's clock: one that can be answered early,
        # and one that opens so late that the same answer does not count for it.
        self.due = (int(time.time()) + 20) // 60 * 60 + 60
        os.environ["TZ"] = "Europe/Stockholm"
        time.tzset()
        clock = time.strftime("%H:%M", time.localtime(self.due))
        common = ["--time", clock, "--grace", "4s"]
        self.sami.run("plan", "set", *common, "--opens", "12s", "--member-wait", "3s")
        plan = self.sami.run("plan", "add", *common, "--opens", "2s")
        self.check(len(plan["schedules"]) == 2, "the plan is signed")
        shown = self.sara.run("circle", "show")
        self.check(shown["plan_hash"] == plan["plan_hash"] and shown["schedules"] == plan["schedules"],
                   "Sara's client verified the same plan")
        self.tell("Sami", f"signs a plan: at {clock} (Europe/Stockholm) one check-in that opens 12 s "
                  "before and one that opens 2 s before, 4 s grace", since)
        since = time.monotonic()
        circle = self.sami.run("circle", "sign", "--armed")
        self.check(circle["state"] == "armed", "the circle is armed")
        self.check(self.sara.run("circle", "show")["state"] == "armed", "Sara sees it armed")
        self.tell("Sami", "arms the circle: category 1", since)

    def messages(self):
        self.chapter("Messages, end to end")
        since = time.monotonic()
        text = "Can we talk tonight? It is loud outside."
        sent = self.sami.run("send", "Amal", text)
        self.check(sent["state"] == "stored", "stored at the server")
        self.tell("Sami", "writes to Amal: stored", since)
        since = time.monotonic()
        got = self.amal.run("inbox", "--read")["messages"]
        self.check([m["text"] for m in got] == [text], "Amal reads it")
        self.amal.run("send", "Sami", "Yes. I am here until seven.")
        self.tell("Amal", "reads it and answers", since)
        since = time.monotonic()
        box = self.sami.run("inbox")["messages"]
        mine = [m for m in box if m["text"] == text][0]
        self.check(mine["state"] == "read", "Sami sees that it was read")
        self.check(any(m["text"] == "Yes. I am here until seven." for m in box), "Amal's answer")
        self.tell("Sami", "sees 'read', and the answer", since)

    def check_in(self):
        self.chapter("A check-in in time")
        watching = self.sara.start("listen", "--for", "checkin", "--seconds", "90")
        time.sleep(max(1.0, self.due - 11 - time.time()))
        since = time.monotonic()
        accepted = self.sami.run("checkin", "ok", "--note", "Home, door locked.")
        self.check(accepted["status"] == "received", "received and counted")
        self.tell("Sami", "checks in", since)
        seen = [e for e in watching.end() if e["event"] == "checkin"][-1]
        self.check(seen["state"] == "verified_ok", "Sara's own client verified it")
        self.tell("Sara", "her own client verifies the signed record: ok", since)

    def silence(self):
        self.chapter("A check-in that does not come")
        paged = self.amal.start("listen", "--for", "page", "--seconds", "60")
        alone = self.sara.start("listen", "--for", "silence", "--seconds", "60")
        time.sleep(max(0.0, self.due - time.time()))
        since = time.monotonic()
        self.tell("Sami", "is silent; the other check-in is due now", since)
        page = [e for e in paged.end() if e["event"] == "notice"][-1]
        self.check(page["lane"] == "open" and page["severity"] == 2, "Amal is paged for a miss")
        self.tell("Amal", "is paged: grace is over, nobody answered", since)
        events = alone.end()
        self.check(any(e["event"] == "checkin" and e["state"] == "server_reports_a_miss"
                       for e in events), "the server's word reached Sara")
        self.check(any(e["event"] == "checkin" and e["state"] == "nothing_came" for e in events),
                   "Sara's own client warned by itself")
        self.tell("Sara", "her own client warns by itself, and has the server's word", since)
        board = self.karin.run("incidents")["incidents"]
        self.check(len(board) == 1 and board[0]["state"] == "notifying", "the desk sees it untaken")
        since = time.monotonic()
        self.amal.run("take")
        seen = self.karin.run("incidents")["incidents"][0]
        self.check(seen["holder_name"] == "Amal" and seen["taken_verified"],
                   "the desk sees who has it")
        self.tell("Amal", "takes it; the desk sees that, verified", since)
        since = time.monotonic()
        late = self.sami.run("checkin", "ok")
        self.check(late["status"] in ("received", "not_open"), "a late answer is received")
        still = self.at_desk(lambda seen: any(e["kind"] == "late_ok"
                                              for i in seen for e in i["events"]),
                             "the desk sees that an answer came late")
        self.check(len(still) == 1 and still[0]["state"] == "taken",
                   "a late answer closes nothing")
        self.tell("Sami", "answers late: that is noted, and closes nothing", since)
        since = time.monotonic()
        self.amal.run("resolve", "--reason", "reached_and_well", "--note", "Spoke on the phone.")
        self.check(self.karin.run("incidents")["incidents"] == [], "nothing is open any more")
        self.ended("open", "reached_and_well")
        self.tell("Amal", "resolves it: reached and well", since)

    def alarm(self):
        self.chapter("An alarm")
        since = time.monotonic()
        watching = self.sara.start("listen", "--for", "page", "--seconds", "60")
        time.sleep(1)
        self.sami.run("alarm", "--note", "They are at the door.")
        self.tell("Sami", "raises a loud alarm", since)
        page = [e for e in watching.end() if e["event"] == "notice"][-1]
        self.check(page["severity"] == 4, "Sara is paged at the highest severity")
        self.tell("Sara", "is paged 5 s later: until then Sami could take it back", since)
        since = time.monotonic()
        self.sara.run("take")
        mine = self.sami.run("incidents")["incidents"][0]
        self.check(mine["state"] == "taken" and mine["holder_name"] == "Sara" and
                   mine["taken_verified"], "Sami sees that Sara has it")
        self.tell("Sara", "takes it; Sami sees that, verified", since)
        since = time.monotonic()
        held = self.amal.run("take", expect=1)
        self.check(held["error"] == "held", "Amal is told that Sara holds it")
        self.sara.run("resolve", "--reason", "help_on_site")
        self.ended("open", "help_on_site")
        self.tell("Sara", "resolves it: help on site", since)

    def duress(self):
        self.chapter("Under duress")
        since = time.monotonic()
        normal = self.sami.run("checkin", "ok")
        forced = self.sami.run("checkin", "ok", pin_file=self.sami_duress)
        self.check(normal.keys() == forced.keys() and normal["status"] == forced["status"],
                   "the answer looks the same")
        self.tell("Sami", "is made to check in, and unlocks with the duress PIN", since)
        since = time.monotonic()
        seen = self.at_desk(lambda seen: any(i["lane"] == "silent" for i in seen),
                            "a silent incident at the desk")
        silent = [i for i in seen if i["lane"] == "silent"]
        self.check(len(silent) == 1 and silent[0]["severity"] == 4, "of the highest severity")
        self.check(self.sami.run("incidents")["incidents"] == [], "nothing of it on Sami's phone")
        self.tell("Karin", "sees a silent incident; Sami's phone shows nothing", since)
        since = time.monotonic()
        self.karin.run("take")
        self.karin.run("resolve", "--reason", "help_on_site")
        self.check(self.sami.run("incidents", "--all")["incidents"] != [] and
                   all(i["lane"] != "silent"
                       for i in self.sami.run("incidents", "--all")["incidents"]),
                   "and nothing of it afterwards")
        self.tell("Karin", "takes and resolves it", since)

    def play(self):
        for chapter in (self.desk_is_made, self.staff_is_enrolled, self.participant_pairs,
                        self.practice_alarm, self.armed):
            chapter()
        # What fills the time until the check-in opens is told before it, the rest after it.
        filling = [self.messages, self.alarm, self.duress]
        while filling and self.due - time.time() > 12 + self.longest_chapter:
            filling.pop(0)()
        self.check_in()
        self.silence()
        for chapter in filling:
            chapter()
        print(f"\nEvery step was seen on the other side, in {time.monotonic() - self.begin:.0f} s.",
              flush=True)

    def end(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                child.wait(timeout=10)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--livlina", required=True, help="the command line's binary")
    parser.add_argument("--var", required=True, help="folder for the roles' state")
    parser.add_argument("--ca", required=True, help="the local certificate authority")
    parser.add_argument("--host", required=True, help="host:port of the server")
    parser.add_argument("--code", required=True, help="the code that `livlina-server init` printed")
    story = Story(parser.parse_args())
    try:
        story.play()
    except (StoryError, subprocess.TimeoutExpired) as problem:
        print(f"\nThe story stopped: {problem}", file=sys.stderr)
        return 1
    finally:
        story.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
