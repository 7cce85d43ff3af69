#include "server/app/restored.hpp"

#include <system_error>

#include "crypto/core/random.hpp"
#include "server/app/private_file.hpp"
#include "server/app/server.hpp"
#include "server/services/first_invite.hpp"
#include "server/store/db.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/schema.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

using Why = StartRefused::Why;

RestoreDone renew(const Config& config) {
  const auto identity = read_identity(config.server_key_file());
  const store::LockFile lock(config.database);
  store::Db db(config.database, store::Db::Mode::open_existing);
  store::migrate(db);
  const auto before = store::Server(db).find();
  if (!before)
    throw StartRefused(Why::configuration,
                       config.database + ": holds no server; run livlina-server init");
  if (before->pk != identity.public_key().bytes())
    throw StartRefused(
        Why::configuration,
        config.server_key_file() + ": is not the key of the server in " + config.database);
  renew_epoch(db, crypto::system_random());
  return {config.database, before->last_round, store::Server(db).find()->epoch};
}

}  // namespace

RestoreDone restored(const Config& config) {
  try {
    return renew(config);
  } catch (const store::Failure& e) {
    throw StartRefused(Why::circumstances, config.database + ": " + e.what());
  } catch (const store::SchemaRefused& e) {
    throw StartRefused(Why::circumstances, config.database + ": " + e.what());
  } catch (const store::AlreadyRunning& e) {
    throw StartRefused(Why::circumstances, e.what());
  } catch (const FileRefused& e) {
    throw StartRefused(Why::configuration, e.what());
  } catch (const std::system_error& e) {
    throw StartRefused(Why::circumstances, e.what());
  }
}

}  // namespace livlina::server
