#include "services/analytical/handlers/information_health.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/analytical/domain/declared/metric.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/information_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::InformationDefect;

constexpr int kDefaultStaleDays = 365;
constexpr char kCustomers[] = "customers";

// Adds the defects of `facts` to a report that tells how many customers there
// are.
class Defects {
 public:
  Defects(const InformationFacts& facts, v1::InformationHealth& health)
      : facts_(facts), health_(health) {}

  void AddAll() {
    for (const IdentifyingAttribute& attribute : IdentifyingAttributes()) {
      AddOfCustomers(InformationDefect::ATTRIBUTE_MISSING,
                     CountWithout({attribute.field}))
          .set_attribute_id(std::string(attribute.field));
    }
    AddOfCustomers(InformationDefect::NO_IDENTIFIER,
                   CountWithout({"primary_email", "primary_phone"}));
    AddOfCustomers(InformationDefect::STALE, facts_.stale_count);
    AddOfCustomers(InformationDefect::EVENT_WAITS, facts_.waiting_count);
    InformationDefect& doubled = *health_.add_defects();
    doubled.set_kind(InformationDefect::DUPLICATE_OPEN);
    doubled.set_source("duplicateCandidates");
    doubled.set_measured(facts_.open_duplicate_count.has_value());
    doubled.set_count(facts_.open_duplicate_count.value_or(0));
  }

 private:
  // Returns how many customers have none of the attributes.
  int64_t CountWithout(const std::vector<absl::string_view>& fields) const {
    int64_t without = 0;
    for (const auto& [known, count] : facts_.customers_by_known) {
      bool has_any = false;
      for (const absl::string_view field : fields) {
        has_any = has_any || IsKnown(known, field);
      }
      if (!has_any) without += count;
    }
    return without;
  }

  InformationDefect& AddOfCustomers(InformationDefect::Kind kind,
                                    int64_t count) {
    InformationDefect& defect = *health_.add_defects();
    defect.set_kind(kind);
    defect.set_source(kCustomers);
    defect.set_measured(facts_.has_customers);
    defect.set_count(count);
    if (health_.customer_count() > 0) {
      defect.set_rate_millionths(static_cast<int32_t>(DivideRounded(
          absl::int128(count) * kWhole, health_.customer_count())));
    }
    return defect;
  }

  const InformationFacts& facts_;
  v1::InformationHealth& health_;
};

}  // namespace

absl::StatusOr<v1::InformationHealth> HandleMeasureInformationHealth(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureInformationHealthRequest& request) {
  const int days =
      request.stale_days() == 0 ? kDefaultStaleDays : request.stale_days();
  const std::string& tenant = call.principal.tenant;
  InformationFacts facts;
  std::vector<v1::FeedAge> feeds;
  v1::InformationHealth health;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            facts,
            ReadInformationFacts(reader, tenant,
                                 call.now - days * absl::Hours(24), call.now));
        CRM_ASSIGN_OR_RETURN(feeds, ReadFeedAges(reader, tenant));
        CRM_ASSIGN_OR_RETURN(*health.mutable_freshness(),
                             ReadFreshness(reader, tenant, call.now));
        return absl::OkStatus();
      }));
  health.set_has_customers(facts.has_customers);
  int64_t customers = 0;
  for (const auto& [known, count] : facts.customers_by_known) {
    customers += count;
  }
  health.set_customer_count(customers);
  Defects(facts, health).AddAll();
  for (v1::FeedAge& feed : feeds) *health.add_feeds() = std::move(feed);
  return health;
}

}  // namespace crm::analytical
