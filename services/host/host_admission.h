// The admission of a service's process, put together from its settings.

#ifndef CRM_SERVICES_HOST_HOST_ADMISSION_H_
#define CRM_SERVICES_HOST_HOST_ADMISSION_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "shared/admission/admission.h"
#include "shared/admission/admission_timer.h"
#include "shared/admission/memory_gauge.h"
#include "shared/auth/roles.h"
#include "shared/base/clock.h"
#include "shared/base/config.h"
#include "shared/observe/metrics.h"

namespace crm {

// The permission to make calls of the class CRITICAL_PLUS.
inline constexpr char kPrioritizePermission[] = "calls.prioritize";

// How a process lets calls in. What is built in test programs limits no rate.
struct AdmissionSettings {
  Rates rates;
  // Among how many replicas a caller's calls are spread.
  int replicas = 1;
  // Of tenants that have another weight than 1.
  std::map<std::string, double, std::less<>> weights;
};

// Declares the settings CRM_RATE_LIMITS, CRM_REPLICAS and CRM_TENANT_WEIGHTS.
void DeclareAdmission(ConfigReader& reader);

// Returns what they say, or INVALID_ARGUMENT that names the one which is wrong.
absl::StatusOr<AdmissionSettings> ReadAdmission(const Config& config);

// Lets calls in, and has the thread that needs. Thread-safe.
class HostAdmission {
 public:
  // All outlive this.
  HostAdmission(const AdmissionSettings& settings, const RoleTable& roles,
                const Clock& clock, MetricRegistry& metrics);

  Admission& gate() { return admission_; }

 private:
  MemoryGauge memory_;
  Admission admission_;
  AdmissionTimer timer_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_HOST_ADMISSION_H_
