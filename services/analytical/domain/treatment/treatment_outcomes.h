// What customers ordered after treatments were chosen for them.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_OUTCOMES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_OUTCOMES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/treatment_assignment.pb.h"

namespace crm::analytical {

// A confirmed order, as far as outcomes go.
struct OutcomeOrder {
  std::string customer;
  absl::Time time;
  std::string currency;
  // In nanos.
  absl::int128 amount = 0;
};

// Which assignments are measured, and by which orders.
struct OutcomeQuestion {
  // Assignments from this instant on, and before that one.
  absl::Time start;
  absl::Time end;
  // For how long after an assignment orders count.
  absl::Duration patience;
  // The instant up to which orders are known.
  absl::Time now;
};

// Counts by treatment. An order counts for the last assignment of its customer
// that is not after it, if it is within the patience of that one and that one
// is measured. Thread-compatible.
class TreatmentOutcomes {
 public:
  explicit TreatmentOutcomes(const OutcomeQuestion& question)
      : question_(question) {}

  // Adds an assignment, in any order. Those up to the end and the patience
  // matter, as an order that follows a later one is not of an earlier one.
  void AddAssignment(const v1::TreatmentAssignment& assignment);

  // Counts an order, after all assignments were added.
  void AddOrder(const OutcomeOrder& order);

  // Returns the arms by name of the treatment. Returns OUT_OF_RANGE
  // (AMOUNT_OUT_OF_RANGE) if revenue does not fit a Money.
  absl::StatusOr<std::vector<v1::TreatmentArm>> Arms() const;

 private:
  struct Arm {
    int64_t assignments = 0;
    int64_t pending = 0;
    std::set<std::string> customers;
    std::set<std::string> ordering;
    int64_t orders = 0;
    std::map<std::string, absl::int128> revenue;
  };
  // The treatments of one customer by time.
  using Assignments = std::map<absl::Time, std::string>;

  bool IsMeasured(absl::Time time) const {
    return time >= question_.start && time < question_.end;
  }

  const OutcomeQuestion question_;
  std::map<std::string, Assignments> assignments_;
  std::map<std::string, Arm> arms_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_OUTCOMES_H_
