#include "shared/resource/own_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_applier.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;

constexpr absl::Duration kTimeout = absl::Seconds(5);

// What transactions name as the method.
const MethodInfo& Method() {
  static const MethodInfo* const method = [] {
    auto* made = new MethodInfo();
    made->path = "events/own";
    return made;
  }();
  return *method;
}

absl::Status Decide(const Kernel& kernel, const std::vector<EventBody>& bodies,
                    SqlWriter& writer, const Event& event) {
  CallContext call;
  call.method = &Method();
  call.principal.tenant = event.tenant();
  call.principal.subject = absl::StrCat("system:", kernel.service);
  call.principal.system = true;
  call.now = kernel.clock.Now();
  call.deadline = call.now + kTimeout;
  Transaction transaction(writer, kernel.catalog, call, kernel.ids, call.now);
  for (const EventBody& body : bodies) {
    CRM_RETURN_IF_ERROR(body(kernel, transaction, event));
  }
  CRM_RETURN_IF_ERROR(transaction.status());
  if (!transaction.changes().empty()) {
    return Internal("EVENT_CHANGES_RESOURCE",
                    "What decides on events may change no resource.");
  }
  return absl::OkStatus();
}

class OwnEvents final : public SqlApplier {
 public:
  OwnEvents(const Kernel& kernel, std::vector<EventBody> bodies)
      : SqlApplier(
            kernel.database, kernel.clock,
            [&kernel, bodies = std::move(bodies)](SqlWriter& writer,
                                                  const Event& event) {
              return Decide(kernel, bodies, writer, event);
            },
            [](SqlWriter&, absl::string_view) { return absl::OkStatus(); }),
        kernel_(kernel) {}

  absl::Status Resync(absl::string_view producer, int64_t feed_epoch) override {
    return kernel_.database.WriteAndWait(
        kernel_.clock.Now() + kTimeout, [&](SqlWriter& writer) {
          return BeginEpochInPlace(writer, producer, feed_epoch);
        });
  }

 private:
  const Kernel& kernel_;
};

}  // namespace

std::unique_ptr<Applier> OnOwnEvents(const Kernel& kernel,
                                     std::vector<EventBody> bodies) {
  return std::make_unique<OwnEvents>(kernel, std::move(bodies));
}

}  // namespace crm
