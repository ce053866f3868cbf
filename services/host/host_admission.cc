#include "services/host/host_admission.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr char kRates[] = "CRM_RATE_LIMITS";
constexpr char kReplicas[] = "CRM_REPLICAS";
constexpr char kWeights[] = "CRM_TENANT_WEIGHTS";
constexpr double kMaxWeight = 1000;

absl::StatusOr<std::map<std::string, double, std::less<>>> ParseWeights(
    const std::string& text) {
  std::map<std::string, double, std::less<>> weights;
  for (const absl::string_view item :
       absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, '=');
    double weight = 0;
    if (parts.size() != 2 || parts[0].empty() ||
        !absl::SimpleAtod(parts[1], &weight) ||
        !(weight > 0 && weight <= kMaxWeight)) {
      return InvalidArgument(
          "BAD_CONFIG",
          absl::StrCat(kWeights, ": '", item,
                       "' is no weight of the form tenant=number, above 0 and "
                       "at most ",
                       kMaxWeight, "."));
    }
    weights[std::string(parts[0])] = weight;
  }
  return weights;
}

Admission::Options OptionsOf(const AdmissionSettings& settings,
                             const RoleTable& roles, MemoryGauge& memory) {
  Admission::Options options;
  options.rates = settings.rates;
  options.rate_share = 1.0 / settings.replicas;
  options.weights = settings.weights;
  options.may_be_critical_plus = [&roles](const Principal& principal) {
    return principal.system ||
           roles.Allows(principal.roles, kPrioritizePermission);
  };
  if (memory.limit().has_value()) {
    options.memory = [&memory](absl::Duration now) { return memory.Used(now); };
  }
  return options;
}

}  // namespace

void DeclareAdmission(ConfigReader& reader) {
  reader.Declare(kRates, "interactive=100/s:200,search=20/s:40,export=2/m:2",
                 "How often each caller may call methods of each group, and "
                 "how many calls may come at once; empty limits nobody.");
  reader.Declare(kReplicas, "1",
                 "Among how many replicas the calls of a caller are spread.");
  reader.Declare(kWeights, "",
                 "The weights of tenants when the service is busy, as "
                 "acme=4,other=0.5; all others weigh 1.");
}

absl::StatusOr<AdmissionSettings> ReadAdmission(const Config& config) {
  AdmissionSettings settings;
  absl::StatusOr<Rates> rates = ParseRates(config.Get(kRates));
  if (!rates.ok()) {
    return InvalidArgument(
        "BAD_CONFIG", absl::StrCat(kRates, ": ", rates.status().message()));
  }
  settings.rates = *std::move(rates);
  CRM_ASSIGN_OR_RETURN(const int64_t replicas,
                       config.GetInt(kReplicas, 1, 1000));
  settings.replicas = static_cast<int>(replicas);
  CRM_ASSIGN_OR_RETURN(settings.weights, ParseWeights(config.Get(kWeights)));
  return settings;
}

HostAdmission::HostAdmission(const AdmissionSettings& settings,
                             const RoleTable& roles, const Clock& clock,
                             MetricRegistry& metrics)
    : admission_(OptionsOf(settings, roles, memory_), clock, metrics),
      timer_(admission_) {}

}  // namespace crm
