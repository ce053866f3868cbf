// Who calls a service, and what he may do: verified tokens, and the users,
// teams and roles that the service owns or follows.

#ifndef CRM_SERVICES_HOST_ACCESS_CONTROL_H_
#define CRM_SERVICES_HOST_ACCESS_CONTROL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/host/remote_feed.h"
#include "services/host/settings.h"
#include "shared/auth/jwks/token_keys.h"
#include "shared/auth/token_signer.h"
#include "shared/auth/token_verifier.h"
#include "shared/base/clock.h"
#include "shared/events/consumer.h"
#include "shared/events/sql_applier.h"
#include "shared/observe/log.h"
#include "shared/redis/client.h"
#include "shared/resource/directory_filter.h"
#include "shared/resource/directory_store.h"
#include "shared/resource/directory_tables.h"
#include "shared/storage/database.h"

namespace crm {

// The access of one service. Made in three steps: the tables, before the store
// is migrated; Open(), over the store; Follow(), once the bus is there.
// Thread-safe after that.
class AccessControl {
 public:
  // `catalog` and `clock` outlive this.
  AccessControl(const ResourceCatalog& catalog, const Clock& clock)
      : tables_(catalog), clock_(clock) {}
  // Stops.
  ~AccessControl();

  // Returns the tables that the service's store needs for it.
  std::vector<SqlTable> Tables() const { return tables_.Tables(); }

  // Reads keys and roles. `database` and `logger` outlive this. Returns the
  // errors of the files, and INVALID_ARGUMENT (BAD_ROLES).
  absl::Status Open(const HostSettings& settings, Database& database,
                    Logger& logger);

  // Follows users, teams and roles where the service does not own them. A
  // service without a key of its own cannot: it goes by tokens and built-in
  // roles alone, and says so in its log. `redis` and `tls` may be null and
  // outlive this.
  absl::Status Follow(const HostSettings& settings, RedisClient* redis,
                      TlsFolder* tls, Logger& logger);

  // Told of the events of each commit of the service itself.
  void OnCommit(const std::vector<internal::v1::Event>& events);

  void Stop();

  const TokenVerifier& verifier() const { return *verifier_; }
  const RoleTable& built_in_roles() const { return *roles_; }
  CallerSource& callers() { return *callers_; }
  DirectoryStore& directories() { return *callers_; }
  // What comes before authorization; null where the directory is not followed.
  CallFilter* freshness() {
    return freshness_.has_value() ? &*freshness_ : nullptr;
  }

 private:
  // Whether the directory is another service's, which this one cannot ask.
  bool CutOff(const HostSettings& settings) const;

  const DirectoryTables tables_;
  const Clock& clock_;
  std::unique_ptr<TokenKeys> keys_;
  std::optional<TokenVerifier> verifier_;
  std::shared_ptr<const RoleTable> roles_;
  std::optional<DirectoryStore> callers_;
  std::optional<DirectoryFilter> freshness_;
  // Where the directory is another service's.
  std::unique_ptr<SystemTokenSource> tokens_;
  std::unique_ptr<RemoteFeed> feed_;
  std::unique_ptr<SqlApplier> applier_;
  std::unique_ptr<Consumer> consumer_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_ACCESS_CONTROL_H_
