#include "services/host/service_host.h"

#include <sys/stat.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/host/access_control.h"
#include "services/host/background_work.h"
#include "services/host/backup_keeper.h"
#include "services/host/followed_service.h"
#include "services/host/health_keeper.h"
#include "services/host/host_admission.h"
#include "services/host/metrics_endpoint.h"
#include "services/host/open_audit.h"
#include "services/host/open_redis.h"
#include "services/host/own_events_follower.h"
#include "services/host/platform_bindings.h"
#include "services/host/process_metrics.h"
#include "services/host/reactions.h"
#include "services/host/remote_slices.h"
#include "services/host/slice_access.h"
#include "services/host/store.h"
#include "services/host/store_commands.h"
#include "services/host/store_contraction.h"
#include "shared/auth/open_tls.h"
#include "shared/auth/token_signer.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/cache/redis_slice_cache.h"
#include "shared/events/consumer_registry.h"
#include "shared/events/sql_applier.h"
#include "shared/resource/audit/denial_log.h"
#include "shared/resource/audit/record_reads.h"
#include "shared/resource/change_hub.h"
#include "shared/resource/change_view.h"
#include "shared/resource/column_filler.h"
#include "shared/resource/freshness_filter.h"
#include "shared/resource/search_filler.h"
#include "shared/resource/validate_filter.h"
#include "shared/rpc/authenticate_filter.h"
#include "shared/rpc/authorize_filter.h"
#include "shared/rpc/caller_filter.h"
#include "shared/rpc/deadline_filter.h"
#include "shared/rpc/health_server.h"
#include "shared/rpc/observe_filter.h"
#include "shared/rpc/parse_filter.h"
#include "shared/rpc/server.h"
#include "shared/storage/lease.h"
#include "shared/storage/program_version.h"

namespace crm {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(30);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

}  // namespace

// Members are in the order in which they are made; each uses those above it.
class ServiceHost::State {
 public:
  State(const HostSettings& settings, const Clock& clock, Logger& logger)
      : settings_(settings), clock_(clock), logger_(logger), ids_(clock) {}

  ~State() { Stop(); }

  absl::Status Start(const MakeService& make) {
    CRM_RETURN_IF_ERROR(OpenStore(make));
    CRM_RETURN_IF_ERROR(OpenRedises());
    CRM_RETURN_IF_ERROR(access_->Open(settings_, *database_, logger_));
    CRM_RETURN_IF_ERROR(OpenKernel());
    CRM_RETURN_IF_ERROR(OpenAudits());
    CRM_ASSIGN_OR_RETURN(tls_, OpenTls(settings_.tls_dir, clock_, logger_));
    peers_->Connect(tls_.get(), slice_cache_.get());
    CRM_RETURN_IF_ERROR(StartEvents());
    CRM_RETURN_IF_ERROR(Serve());
    background_->Start();
    backups_ = StartBackups(settings_, clock_, logger_, registry_);
    filler_->Start();
    search_filler_->Start();
    contraction_->Start();
    audit_->Start();
    server_->SetReady(true);
    if (health_ != nullptr) health_->SetReady(true);
    keeper_ = std::make_unique<HealthKeeper>(
        HealthOf(*server_, health_.get(), *database_, admission_->gate(),
                 settings_.admission.replicas),
        logger_);
    keeper_->Start();
    return absl::OkStatus();
  }

  void BeginStop() {
    if (health_ != nullptr) health_->SetReady(false);
    server_->BeginDrain();
  }
  void Hurry() { server_->Hurry(); }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    keeper_.reset();
    if (server_ != nullptr) BeginStop();
    if (changes_ != nullptr) changes_->Stop();
    if (background_ != nullptr) background_->waits().Stop();
    if (server_ != nullptr) server_->Shutdown(settings_.drain);
    if (backups_ != nullptr) backups_->Stop();
    if (filler_.has_value()) filler_->Stop();
    if (search_filler_.has_value()) search_filler_->Stop();
    if (contraction_.has_value()) contraction_->Stop();
    if (background_ != nullptr) background_->Stop();
    for (auto& followed : followed_) followed->Stop();
    if (own_events_.has_value()) own_events_->Stop();
    if (access_.has_value()) access_->Stop();
    if (relay_ != nullptr) relay_->Stop();
    if (audit_ != nullptr) audit_->Stop();
    if (slices_ != nullptr) slices_->Stop();
    if (database_ == nullptr) return;
    const absl::Status closed = database_->Close();
    if (!closed.ok()) {
      logger_.Log(LogLevel::kWarning, "the store was not closed cleanly",
                  {{"error", std::string(closed.message())}});
    }
  }

  int port() const { return server_->port(); }
  int metrics_port() const {
    return metrics_ == nullptr ? 0 : metrics_->port();
  }
  Database& database() { return *database_; }
  Relay& relay() { return *relay_; }
  const Service& service() const { return *service_; }
  void BackUpSoon() {
    if (backups_ != nullptr) backups_->BackUpSoon();
  }

 private:
  absl::Status OpenStore(const MakeService& make) {
    CRM_ASSIGN_OR_RETURN(database_, OpenStoreOf(settings_, clock_));
    page_tokens_.emplace(settings_.secret, clock_);
    environment_.emplace(ServiceEnvironment{
        .data_dir = settings_.data_dir,
        .warehouse = {settings_.warehouse, settings_.warehouse_password,
                      settings_.warehouse_password_file},
        .clock = clock_,
        .logger = logger_,
        .metrics = registry_,
        .page_tokens = *page_tokens_,
        .peers = peers_.emplace(settings_.addresses, clock_),
    });
    CRM_ASSIGN_OR_RETURN(service_, make(*environment_));

    access_.emplace(service_->application.catalog(), clock_);
    SqlSchema schema = StoreSchema(service_->application, access_->Tables());
    CRM_RETURN_IF_ERROR(MigrateStore(*database_, schema, clock_, ids_));
    contraction_.emplace(
        StoreContraction::Options{.mode = settings_.contract_store}, *database_,
        std::move(schema), clock_, logger_);
    filler_.emplace(*database_, service_->application.catalog(), clock_,
                    ColumnFiller::Options());
    CRM_RETURN_IF_ERROR(filler_->Load());
    search_filler_.emplace(*database_, service_->application.catalog(), clock_,
                           SearchFiller::Options());
    CRM_RETURN_IF_ERROR(search_filler_->Load());
    outbox_.emplace(settings_.service, clock_);
    return database_->WriteAndWait(
        clock_.Now() + kStartTimeout,
        [this](SqlWriter& writer) -> absl::Status {
          CRM_RETURN_IF_ERROR(KeepAuditTrail(
              *database_, service_->application.catalog(), writer));
          return outbox_->Open(writer);
        });
  }

  absl::Status OpenRedises() {
    CRM_ASSIGN_OR_RETURN(
        cache_redis_,
        OpenRedis(settings_.redis_cache, RedisRole::kCache, clock_, logger_));
    CRM_ASSIGN_OR_RETURN(
        bus_redis_,
        OpenRedis(settings_.redis_bus, RedisRole::kBus, clock_, logger_));
    if (cache_redis_ != nullptr) {
      slice_cache_ = std::make_unique<RedisSliceCache>(*cache_redis_, clock_);
    }
    return absl::OkStatus();
  }

  absl::Status OpenKernel() {
    std::vector<const google::protobuf::ServiceDescriptor*> services =
        service_->application.Services();
    for (const auto* service : PlatformServices()) services.push_back(service);
    CRM_ASSIGN_OR_RETURN(MethodTable methods, MethodTable::Build(services));
    methods_.emplace(std::move(methods));

    int64_t feed_epoch = 1;
    CRM_RETURN_IF_ERROR(database_->Read(
        clock_.Now() + kStartTimeout, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(const auto head, outbox_->Head(reader));
          feed_epoch = head.feed_epoch();
          return absl::OkStatus();
        }));
    kernel_.emplace(Kernel{
        .service = settings_.service,
        .database = *database_,
        .catalog = service_->application.catalog(),
        .methods = *methods_,
        .outbox = *outbox_,
        .page_tokens = *page_tokens_,
        .ids = ids_,
        .clock = clock_,
        .secret = settings_.secret,
        .feed_epoch = feed_epoch,
        .on_commit =
            [this](const std::vector<internal::v1::Event>& events) {
              access_->OnCommit(events);
              InvalidateSlices(kernel_->catalog, events, *slices_);
            },
        .on_operation = [this] { background_->Wake(); },
        .callers = &access_->callers(),
    });
    background_ = std::make_unique<BackgroundWork>(
        *kernel_, service_->application, registry_);
    std::vector<SliceDefinition> slices = service_->slices;
    for (const StoreSlice& slice : service_->store_slices) {
      slices.push_back(OverStore(*kernel_, slice));
    }
    slices_ = std::make_unique<SliceOwner>(std::move(slices),
                                           slice_cache_.get(), feed_epoch,
                                           clock_, NewestKeyVersions(*kernel_));
    return absl::OkStatus();
  }

  absl::Status OpenAudits() {
    denials_.emplace(settings_.service, ids_, clock_);
    reads_.emplace(settings_.service, ids_, settings_.audited_reads);
    CRM_ASSIGN_OR_RETURN(audit_,
                         OpenAudit(settings_, *database_, kernel_->catalog,
                                   {&*denials_, &*reads_}, clock_, logger_));
    return absl::OkStatus();
  }

  absl::Status StartEvents() {
    ChangeHub::Options hub;
    hub.secret = settings_.secret;
    change_view_.emplace(*database_, service_->application.catalog(),
                         access_->callers(), clock_);
    hub.show = [this](const Principal& principal,
                      const internal::v1::Event& event,
                      platform::v1::Change& change) {
      return change_view_->Show(principal, event, change);
    };
    changes_ = std::make_unique<ChangeHub>(*database_, *outbox_, clock_,
                                           std::move(hub));
    Relay::Options relay;
    relay.holder = HolderOf(kStoreVersion, ids_.NewId());
    relay.takes_over = database_->TimeSql().empty();
    // Other processes of a shared store do not wake this one.
    if (!relay.takes_over) relay.poll_interval = kPollInterval;
    relay.on_numbered = [this] { changes_->Wake(); };
    relay_ = std::make_unique<Relay>(*database_, *outbox_, bus_redis_.get(),
                                     clock_, std::move(relay));
    relay_->Start();
    CRM_RETURN_IF_ERROR(
        access_->Follow(settings_, bus_redis_.get(), tls_.get(), logger_));

    own_events_.emplace(*kernel_, service_->application,
                        HolderOf(kStoreVersion, ids_.NewId()));
    reactions_ =
        MakeReactions(*kernel_, service_->reactions, settings_, logger_);
    const auto follows = FollowsOf(*service_, reactions_, *database_);
    if (follows.empty()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(system_tokens_,
                         SystemTokenSource::Open(settings_.service_key_file,
                                                 settings_.token_audience,
                                                 settings_.service, clock_));
    const FollowingParts parts{settings_, bus_redis_.get(), tls_.get(),
                               *system_tokens_, clock_};
    for (const Following& following : follows) {
      CRM_ASSIGN_OR_RETURN(
          auto followed,
          FollowedService::Start(parts, following,
                                 HolderOf(kStoreVersion, ids_.NewId())));
      followed_.push_back(std::move(followed));
    }
    return absl::OkStatus();
  }

  absl::Status Serve() {
    CRM_ASSIGN_OR_RETURN(std::vector<MethodBinding> bindings,
                         service_->application.Bind(*kernel_));
    PlatformParts parts{*kernel_,
                        *slices_,
                        *changes_,
                        access_->directories(),
                        service_->store_slices,
                        service_->slices,
                        {},
                        audit_->chain(),
                        background_->waits()};
    for (const auto& followed : followed_) {
      parts.consumers.push_back(&followed->consumer());
      parts.followed.push_back(followed->feed());
    }
    own_events_->AddTo(parts.followed);
    for (MethodBinding& binding : BindPlatform(std::move(parts))) {
      bindings.push_back(std::move(binding));
    }
    for (MethodBinding& binding : bindings) {
      binding = RecordReads(*reads_, std::move(binding));
    }
    observe_.emplace(clock_, logger_, registry_);
    deadline_.emplace(clock_);
    authenticate_.emplace(access_->verifier());
    authorize_.emplace(access_->callers());
    validate_.emplace(service_->application.catalog().validator());
    freshness_.emplace(settings_.service, kernel_->feed_epoch,
                       settings_.secret);
    admission_.emplace(settings_.admission, access_->built_in_roles(), clock_,
                       registry_);
    // The way of every call.
    CallPath path = {
        .filters = {&*observe_, &*deadline_, &*authenticate_, &*denials_,
                    &*authorize_},
        .gate = &admission_->gate(),
        .inner_filters = {&parse_, &*validate_, &*freshness_},
    };
    if (access_->freshness() != nullptr) {
      path.filters.insert(path.filters.end() - 1, access_->freshness());
    }
    if (tls_ != nullptr) {
      callers_.emplace(tls_->Get()->self.space);
      path.filters.insert(path.filters.begin() + 1, &*callers_);
    }
    RpcServer::Options options;
    options.listen = settings_.listen;
    options.tls = tls_.get();
    CRM_ASSIGN_OR_RETURN(
        server_, RpcServer::Start(std::move(options), std::move(bindings),
                                  std::move(path), clock_, logger_));
    if (!settings_.health_listen.empty()) {
      CRM_ASSIGN_OR_RETURN(health_,
                           HealthServer::Start(settings_.health_listen));
    }
    if (settings_.metrics_listen.empty()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(
        metrics_, MetricsEndpoint::Start(settings_.metrics_listen, [this] {
          std::vector<const Consumer*> consumers;
          for (const auto& followed : followed_) {
            consumers.push_back(&followed->consumer());
          }
          own_events_->AddTo(consumers);
          return absl::StrCat(registry_.Expose(),
                              ExposeProcess(settings_.service, *database_,
                                            *relay_, consumers, logger_));
        }));
    return absl::OkStatus();
  }

  const HostSettings settings_;
  const Clock& clock_;
  Logger& logger_;
  MetricRegistry registry_;
  IdMaker ids_;

  std::unique_ptr<Database> database_;
  std::optional<PageTokenCodec> page_tokens_;
  std::optional<RemoteSlices> peers_;
  std::optional<ServiceEnvironment> environment_;
  std::unique_ptr<Service> service_;
  std::optional<ColumnFiller> filler_;
  std::optional<SearchFiller> search_filler_;
  std::optional<StoreContraction> contraction_;
  std::optional<Outbox> outbox_;
  std::unique_ptr<RedisClient> cache_redis_;
  std::unique_ptr<RedisClient> bus_redis_;
  std::unique_ptr<RedisSliceCache> slice_cache_;
  std::optional<MethodTable> methods_;
  std::unique_ptr<SliceOwner> slices_;
  std::optional<Kernel> kernel_;
  std::unique_ptr<BackgroundWork> background_;

  std::unique_ptr<TlsFolder> tls_;
  std::optional<AccessControl> access_;
  std::optional<DenialLog> denials_;
  std::optional<ReadLog> reads_;
  std::unique_ptr<AuditKeeper> audit_;
  std::optional<ChangeView> change_view_;
  std::unique_ptr<ChangeHub> changes_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<SystemTokenSource> system_tokens_;
  std::vector<std::unique_ptr<ReactionApplier>> reactions_;
  std::vector<std::unique_ptr<FollowedService>> followed_;
  std::optional<OwnEventsFollower> own_events_;

  std::optional<ObserveFilter> observe_;
  std::optional<CallerFilter> callers_;
  std::optional<DeadlineFilter> deadline_;
  std::optional<AuthenticateFilter> authenticate_;
  std::optional<AuthorizeFilter> authorize_;
  ParseFilter parse_;
  std::optional<ValidateFilter> validate_;
  std::optional<FreshnessFilter> freshness_;
  std::optional<HostAdmission> admission_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<HealthServer> health_;
  std::unique_ptr<MetricsEndpoint> metrics_;
  std::unique_ptr<HealthKeeper> keeper_;

  std::mutex mutex_;
  bool stopping_ = false;
  std::unique_ptr<BackupKeeper> backups_;
};

absl::StatusOr<std::unique_ptr<ServiceHost>> ServiceHost::Start(
    const HostSettings& settings, const MakeService& make, const Clock& clock,
    Logger& logger) {
  auto state = std::make_unique<State>(settings, clock, logger);
  CRM_RETURN_IF_ERROR(state->Start(make));
  return std::unique_ptr<ServiceHost>(new ServiceHost(std::move(state)));
}

ServiceHost::ServiceHost(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

ServiceHost::~ServiceHost() = default;

int ServiceHost::port() const { return state_->port(); }
int ServiceHost::metrics_port() const { return state_->metrics_port(); }
Database& ServiceHost::database() { return state_->database(); }
Relay& ServiceHost::relay() { return state_->relay(); }
const Service& ServiceHost::service() const { return state_->service(); }
void ServiceHost::BackUpSoon() { state_->BackUpSoon(); }
void ServiceHost::BeginStop() { state_->BeginStop(); }
void ServiceHost::Stop() { state_->Stop(); }
void ServiceHost::Hurry() { state_->Hurry(); }

}  // namespace crm
