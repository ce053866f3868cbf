#include "services/host/access_control.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "shared/auth/roles.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;

// Passes steps on, and says of whom the directory has changed once they are
// durable.
class DirectoryApplier final : public SqlApplier {
 public:
  DirectoryApplier(Database& database, const Clock& clock,
                   const DirectoryTables& tables, DirectoryStore& callers)
      : SqlApplier(
            database, clock,
            [&tables](SqlWriter& writer, const Event& event) {
              return tables.Apply(writer, event);
            },
            [&tables](SqlWriter& writer, absl::string_view) {
              return tables.Forget(writer);
            }),
        callers_(callers) {}

  absl::Status Apply(const FeedStep& step,
                     absl::Span<const Event> events) override {
    CRM_RETURN_IF_ERROR(SqlApplier::Apply(step, events));
    std::set<std::string> tenants;
    for (const Event& event : events) {
      if (DirectoryTables::Concerns(event)) tenants.insert(event.tenant());
    }
    for (const std::string& tenant : tenants) callers_.Invalidate(tenant);
    return absl::OkStatus();
  }

 private:
  DirectoryStore& callers_;
};

}  // namespace

AccessControl::~AccessControl() { Stop(); }

absl::Status AccessControl::Open(const HostSettings& settings,
                                 Database& database, Logger& logger) {
  CRM_ASSIGN_OR_RETURN(keys_,
                       TokenKeys::Open(settings.token_keys, clock_, logger));
  TokenRules rules;
  rules.issuers = settings.token_issuers;
  rules.audience = settings.token_audience;
  verifier_.emplace(std::move(rules), keys_->source(), clock_);
  CRM_ASSIGN_OR_RETURN(RoleTable roles, RoleTable::Parse(settings.roles));
  roles_ = std::make_shared<const RoleTable>(std::move(roles));
  callers_.emplace(database, tables_, roles_, clock_);
  if (!CutOff(settings)) {
    freshness_.emplace(database, tables_, *callers_, settings.secret);
  }
  if (!tables_.copied()) return absl::OkStatus();
  applier_ =
      std::make_unique<DirectoryApplier>(database, clock_, tables_, *callers_);
  return absl::OkStatus();
}

bool AccessControl::CutOff(const HostSettings& settings) const {
  return tables_.copied() && (settings.service_key_file.empty() ||
                              !settings.addresses.contains(kDirectoryOwner));
}

absl::Status AccessControl::Follow(const HostSettings& settings,
                                   RedisClient* redis, TlsFolder* tls,
                                   Logger& logger) {
  if (!tables_.copied()) return absl::OkStatus();
  const auto address = settings.addresses.find(kDirectoryOwner);
  if (CutOff(settings)) {
    logger.Log(LogLevel::kWarning, "users, teams and roles are not followed",
               {{"missing", settings.service_key_file.empty()
                                ? "CRM_SERVICE_KEY_FILE"
                                : "CRM_OPERATIONAL_ADDRESS"}});
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(tokens_,
                       SystemTokenSource::Open(settings.service_key_file,
                                               settings.token_audience,
                                               settings.service, clock_));
  feed_ = std::make_unique<RemoteFeed>(kDirectoryOwner, address->second, tls,
                                       *tokens_, clock_);
  Consumer::Options options;
  options.producer = kDirectoryOwner;
  options.name = absl::StrCat(settings.service, "-directory");
  consumer_ =
      std::make_unique<Consumer>(options, redis, *feed_, *applier_, clock_);
  consumer_->Start();
  return absl::OkStatus();
}

void AccessControl::OnCommit(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (DirectoryTables::Concerns(event)) callers_->Invalidate(event.tenant());
  }
}

void AccessControl::Stop() {
  if (consumer_ != nullptr) consumer_->Stop();
}

}  // namespace crm
