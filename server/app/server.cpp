#include "server/app/server.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/app/operator_command.hpp"
#include "server/app/private_file.hpp"
#include "server/app/webhooks.hpp"
#include "server/log/log.hpp"
#include "server/net/net_server.hpp"
#include "server/net/tls_context.hpp"
#include "server/store/ballast.hpp"
#include "server/store/db.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/schema.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

constexpr Duration farewell_time = 4 * second;

using Why = StartRefused::Why;

std::string goodbye() {
  v1::ServerFrame frame;
  frame.set_version(protocol::wire_version);
  frame.mutable_closing()->set_reason("shutting_down");
  return protocol::encode(frame);
}

// Runs one step of the start and turns what it throws into a refusal that names the file.
template <class Step>
auto guarded(const std::string& database, Step step) -> decltype(step()) {
  try {
    return step();
  } catch (const store::AlreadyRunning& e) {
    throw StartRefused(Why::circumstances, e.what());
  } catch (const store::SchemaRefused& e) {
    throw StartRefused(Why::circumstances, database + ": " + e.what());
  } catch (const store::Failure& e) {
    throw StartRefused(Why::circumstances, database + ": " + e.what());
  } catch (const FileRefused& e) {
    throw StartRefused(Why::configuration, e.what());
  } catch (const TlsFilesRefused& e) {
    throw StartRefused(Why::configuration, e.what());
  } catch (const ListenRefused& e) {
    throw StartRefused(Why::circumstances, e.what());
  } catch (const std::system_error& e) {
    throw StartRefused(Why::circumstances, e.what());
  }
}

log::Word word_of(TlsFile file) {
  switch (file) {
    case TlsFile::certificate:
      return "server_certificate";
    case TlsFile::key:
      return "server_key";
    case TlsFile::neither:
      break;
  }
  return "neither";
}

store::Db open_database(const std::string& file) {
  std::error_code e;
  if (!std::filesystem::exists(file, e))
    throw StartRefused(
        Why::configuration,
        file + ": no database there; run livlina-server init or set server.database");
  store::Db db(file, store::Db::Mode::open_existing);
  store::migrate(db);
  return db;
}

void check_identity(store::Db& db, const crypto::SignKeyPair& identity, const Config& config) {
  const auto row = store::Server(db).find();
  if (!row)
    throw StartRefused(Why::configuration,
                       config.database + ": holds no server yet; run livlina-server init");
  if (row->pk != identity.public_key().bytes())
    throw StartRefused(Why::configuration, config.server_key_file() +
                                               ": is not the key of the server in " +
                                               config.database + "; restore the pair together");
}

// A machine without the plans' time zones would make no check-in due.
void check_zones(store::Db& db, const Config& config, Instant now) {
  const auto zones = unreadable_zones(db, protocol::tzdata_zones(), now);
  if (!zones.empty())
    throw StartRefused(Why::circumstances,
                       config.database + ": a plan goes by the time zone " + zones.front() +
                           ", which this system cannot read; install tzdata (older names: "
                           "tzdata-legacy) and start again");
}

}  // namespace

struct Server::State {
  State(const Config& its_config, const Clocks& clocks)
      : config(its_config),
        identity(guarded(config.database,
                         [&] {
                           check_directory(
                               std::filesystem::path(config.database).parent_path().string());
                           return read_identity(config.server_key_file());
                         })),
        lock(guarded(config.database, [&] { return store::LockFile(config.database); })),
        db(guarded(config.database, [&] { return open_database(config.database); })),
        ballast(config.database, config.ballast) {
    guarded(config.database, [&] {
      check_identity(db, identity, config);
      check_zones(db, config, clocks.wall());
      engine.emplace(db, config.watch, protocol::tzdata_zones(), crypto::system_random(),
                     identity.copy());
    });
    engine->keep(ballast);
    rounds.emplace(*engine);
    database.emplace(*rounds, clocks,
                     DatabaseThread::Exits{
                         [this](std::vector<NetOutgoing> out) { net->deliver(std::move(out)); },
                         [this](const OperatorNotice& notice) { tell_operator(notice); },
                         [this](const DeskNotice& notice) { tell_desk(notice); }});
    guarded(config.database, [&] { net.emplace(config.net, *database); });
    start_webhooks();
    if (!config.operator_command.empty())
      operator_command.emplace(config.operator_command, [this](const NoticeId& id, bool delivered) {
        database->operator_result(id, delivered);
      });
  }

  void start_webhooks() {
    const auto start = [&](const WebhookConfig& webhook) {
      return std::make_unique<Webhook>(webhook_settings(webhook),
                                       [this](const NoticeId& id, const Attempt& attempt) {
                                         database->webhook_result({id, attempt.delivery});
                                       });
    };
    if (config.watch.operator_webhook) webhooks[operator_person] = start(config.operator_webhook);
    for (const DeskChannel& channel : config.desk_channels)
      webhooks[channel.desk] = start(channel.webhook);
  }

  void tell_operator(const OperatorNotice& notice) {
    if (notice.channel == store::OperatorChannel::webhook)
      return webhooks.at(operator_person)
          ->send({notice.id, notice.incident, notice.severity, notice.code, notice.at,
                  notice.attempt});
    if (operator_command) return operator_command->send(notice);
    // Nothing delivers it: it stays due, and the log says so.
    log::warning("operator_notice_without_channel",
                 {{"incident", notice.incident}, {"severity", notice.severity}});
    database->operator_result(notice.id, false);
  }

  void tell_desk(const DeskNotice& notice) {
    webhooks.at(notice.desk)
        ->send(
            {notice.id, notice.incident, notice.severity, notice.code, notice.at, notice.attempt});
  }

  const Config config;
  crypto::SignKeyPair identity;
  store::LockFile lock;
  store::Db db;
  store::BallastFile ballast;
  std::optional<Engine> engine;
  std::optional<EngineRounds> rounds;
  std::optional<DatabaseThread> database;
  std::optional<NetServer> net;
  std::optional<OperatorCommand> operator_command;
  std::map<policy::Person, std::unique_ptr<Webhook>> webhooks;  // of desks; zeros: the operator's
  bool running = false;
};

Server::Server(const Config& config, const Clocks& clocks)
    : state_(std::make_unique<State>(config, clocks)) {}

Server::~Server() { stop(); }

void Server::start() {
  state_->running = true;
  state_->database->start();
  state_->net->start();
  log::info("started", {{"port", state_->net->port()},
                        {"demonstration", state_->config.watch.demonstration},
                        {"operator_channel", state_->config.watch.operator_channel()},
                        {"desk_channels", state_->config.desk_channels.size()}});
}

void Server::reload_certificate() {
  try {
    state_->net->reload_certificate();
    log::info("certificate_reloaded");
  } catch (const TlsFilesRefused& e) {
    // By its setting: the path is the configuration's, and check-config says what is wrong with it.
    log::error("certificate_not_reloaded",
               {{"file", word_of(e.which())}, {"try", log::Word("check_config")}});
  }
}

void Server::stop() {
  if (!state_->running) return;
  state_->running = false;
  log::info("stopping", {{"connections", state_->net->connections()}});
  state_->net->stop_reading();
  if (state_->operator_command) state_->operator_command->stop();  // those notices stay due
  for (const auto& [to, webhook] : state_->webhooks) webhook->stop();
  state_->database->finish();
  state_->net->close_all(goodbye(), CloseCode::going_away, farewell_time);
  state_->net.reset();
  log::info("stopped", {{"rounds", state_->database->figures().rounds}});
}

std::uint16_t Server::port() const { return state_->net->port(); }
RoundFigures Server::figures() const { return state_->database->figures(); }
void Server::look_again() { state_->database->look_again(); }

}  // namespace livlina::server
