#include "services/analytical/slices/scores.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/analytical/domain/rfm_messages.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// The tenants whose scores are kept; beyond it one is forgotten, and computed
// again when it is asked for.
constexpr size_t kMaxSlots = 256;

// Returns the element of `sorted` for `customer`, or null.
template <typename T>
const T* FindCustomer(const std::vector<T>& sorted,
                      const std::string& customer) {
  const auto found =
      std::lower_bound(sorted.begin(), sorted.end(), customer,
                       [](const T& item, const std::string& key) {
                         return item.customer < key;
                       });
  return found != sorted.end() && found->customer == customer ? &*found
                                                              : nullptr;
}

}  // namespace

int64_t ScoresSlices::Table::AppliedVersion(const std::string& customer) const {
  const AppliedKey* key = FindCustomer(scores.applied, customer);
  return key == nullptr ? 0 : key->key_version;
}

const CustomerScore* ScoresSlices::Table::Find(
    const std::string& customer) const {
  return FindCustomer(scores.rfm.analysis.scores, customer);
}

absl::StatusOr<SliceContent> ScoresSlices::Build(
    const std::string& tenant, const internal::v1::ReadSlicesRequest& request,
    absl::Time deadline) {
  const std::string& customer = request.customer();
  // Only the customer's own service counts its versions.
  const int64_t min_key_version =
      request.min_service() == kOrderProducer ? request.min_key_version() : 0;
  if (min_key_version > 0) {
    CRM_RETURN_IF_ERROR(warehouse_.WaitForKey(
        {kOrderProducer, tenant, customer, min_key_version}, deadline));
  }
  CRM_ASSIGN_OR_RETURN(const ChangeMark mark,
                       warehouse_.Mark(tenant, deadline));
  CRM_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Table> table,
      FindTable({tenant, customer, min_key_version, mark, deadline}));

  const RfmAnswer& rfm = table->scores.rfm;
  SliceContent content;
  content.as_of = FromTimestamp(rfm.freshness.newest_event_time());
  if (table->mark != mark) {
    content.age = clock_.Monotonic() - table->computed;
  }
  content.version = table->version;
  content.source_key_version = table->AppliedVersion(customer);
  if (const CustomerScore* score = table->Find(customer)) {
    CRM_ASSIGN_OR_RETURN(const profile::v1::ScoresSlice slice,
                         ToScoresSlice(*score, rfm.currency, rfm.as_of));
    content.payload = slice.SerializeAsString();
  }
  return content;
}

absl::StatusOr<std::shared_ptr<const ScoresSlices::Table>>
ScoresSlices::FindTable(const Need& need) {
  const std::shared_ptr<Slot> slot = SlotOf(need.tenant);
  const std::lock_guard lock(slot->mutex);
  if (const auto& table = slot->table) {
    const bool is_current = table->mark == need.mark;
    const bool may_be_shown =
        clock_.Monotonic() - table->computed < kScoresLifetime &&
        table->AppliedVersion(need.customer) >= need.min_key_version;
    if (is_current || may_be_shown) return table;
  }
  CRM_ASSIGN_OR_RETURN(slot->table, Compute(need.tenant, need.deadline));
  return slot->table;
}

absl::StatusOr<std::shared_ptr<const ScoresSlices::Table>>
ScoresSlices::Compute(const std::string& tenant, absl::Time deadline) {
  const absl::Duration start = clock_.Monotonic();
  const absl::Time now = clock_.Now();
  auto table = std::make_shared<Table>();
  CRM_ASSIGN_OR_RETURN(table->mark, warehouse_.Mark(tenant, deadline));
  CRM_ASSIGN_OR_RETURN(table->scores,
                       ScoreCustomers(warehouse_, tenant, now, deadline));
  table->computed = start;
  table->version = NextVersion(now);
  compute_seconds_.Observe(absl::ToDoubleSeconds(clock_.Monotonic() - start));
  return table;
}

std::shared_ptr<ScoresSlices::Slot> ScoresSlices::SlotOf(
    const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Slot>& slot = slots_[tenant];
  if (slot != nullptr) return slot;
  slot = std::make_shared<Slot>();
  if (slots_.size() > kMaxSlots) {
    const auto first = slots_.begin();
    slots_.erase(first->first == tenant ? std::next(first) : first);
  }
  return slot;
}

int64_t ScoresSlices::NextVersion(absl::Time now) {
  const std::lock_guard lock(mutex_);
  last_version_ = std::max(last_version_ + 1, absl::ToUnixMicros(now));
  return last_version_;
}

}  // namespace crm::analytical
