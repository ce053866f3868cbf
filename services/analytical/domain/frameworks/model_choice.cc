#include "services/analytical/domain/frameworks/model_choice.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using Request = v1::RecommendModelsRequest;

struct Reason {
  absl::string_view factor;
  absl::string_view framework;
  int32_t points;
  absl::string_view text;
};

// A need that a model is made for has 3 points, one that it serves besides 1 or
// 2; a fact that is in its way has fewer than none.
constexpr Reason kReasons[] = {
    {"PERSONAL_RELATIONS", "idic", 3,
     "Its four stages lead from knowing customers to treating each as it is."},
    {"PERSONAL_RELATIONS", "value-chain-strategic", 2,
     "Customer intimacy is one of its processes."},
    {"RETENTION", "idic", 2, "Customized treatment is to keep customers."},
    {"RETENTION", "qci", 2, "Retention is one of its activities."},
    {"RETENTION", "value-chain-strategic", 2,
     "Relationship management is the last of its processes."},
    {"ACQUISITION", "qci", 3, "Acquisition is one of its activities."},
    {"ACQUISITION", "value-chain-functional", 2,
     "It measures marketing and sales apart."},
    {"COMPETITIVE_POSITION", "qci", 3,
     "It begins with the external environment."},
    {"COMPETITIVE_POSITION", "payne-frow", 1,
     "Strategy development looks at the market."},
    {"CUSTOMER_EXPERIENCE", "qci", 3, "The experience is in its middle."},
    {"CUSTOMER_EXPERIENCE", "idic", 1, "Interaction is one of its stages."},
    {"PROFITABLE_CUSTOMERS", "value-chain-strategic", 3,
     "It begins with the portfolio of customers."},
    {"PROFITABLE_CUSTOMERS", "idic", 2,
     "It differentiates customers by their value."},
    {"CROSS_FUNCTIONAL_STRATEGY", "payne-frow", 3,
     "Its processes go across all functions."},
    {"CROSS_FUNCTIONAL_STRATEGY", "value-chain-functional", 2,
     "It measures each function."},
    {"CHANNEL_INTEGRATION", "payne-frow", 3,
     "Multichannel integration is one of its processes."},
    {"CHANNEL_INTEGRATION", "value-chain-functional", 1,
     "Collaboration is one of its activities."},
    {"PARTNER_NETWORK", "value-chain-strategic", 3,
     "Network development is one of its processes."},
    {"PARTNER_NETWORK", "value-chain-functional", 1,
     "Collaboration is one of its activities."},
    {"SMALL", "idic", 2, "Four stages are little to begin with."},
    {"SMALL", "payne-frow", -2,
     "Five processes and four elements ask for many people."},
    {"SMALL", "value-chain-strategic", -1,
     "Its support conditions are departments of their own."},
    {"MEDIUM", "qci", 1, "People and technology are worth measuring by now."},
    {"MEDIUM", "value-chain-functional", 1, "Its functions are there."},
    {"LARGE", "payne-frow", 2, "It is made for many functions."},
    {"LARGE", "value-chain-strategic", 1,
     "Its support conditions are there to be assessed."},
    {"MANY_SYSTEMS", "payne-frow", 1,
     "Information management feeds all its other processes."},
    {"MANY_SYSTEMS", "value-chain-strategic", 1,
     "Data management is one of its conditions."},
    {"GROWS", "payne-frow", 1, "It looks ahead by strategies."},
    {"GROWS", "qci", 1, "It measures how customers are won."},
    {"MANY_STAKEHOLDERS", "payne-frow", 2,
     "Change management and engagement are among its elements."},
    {"MANY_STAKEHOLDERS", "value-chain-strategic", 1,
     "Leadership is one of its conditions."},
};

absl::StatusOr<std::vector<std::string>> FactorsOf(const Request& request) {
  std::vector<std::string> factors;
  std::vector<FieldViolation> violations;
  std::set<int> seen;
  for (int i = 0; i < request.needs_size(); ++i) {
    const auto need = request.needs(i);
    const std::string field = absl::StrCat("needs[", i, "]");
    if (need == Request::NEED_UNSPECIFIED || !Request::Need_IsValid(need)) {
      violations.push_back({field, "must be a need."});
    } else if (!seen.insert(need).second) {
      violations.push_back({field, "is named already."});
    } else {
      factors.push_back(Request::Need_Name(need));
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  if (request.employee_count() >= kLargeEmployees) {
    factors.push_back("LARGE");
  } else if (request.employee_count() >= kMediumEmployees) {
    factors.push_back("MEDIUM");
  } else if (request.employee_count() > 0) {
    factors.push_back("SMALL");
  }
  if (request.integrated_system_count() >= kManySystems) {
    factors.push_back("MANY_SYSTEMS");
  }
  if (request.grows()) factors.push_back("GROWS");
  if (request.many_stakeholders()) factors.push_back("MANY_STAKEHOLDERS");
  return factors;
}

}  // namespace

absl::StatusOr<v1::RecommendModelsResponse> RecommendModels(
    const Request& request) {
  const absl::StatusOr<std::vector<std::string>> factors = FactorsOf(request);
  if (!factors.ok()) return factors.status();
  std::vector<v1::RecommendedModel> models;
  for (const FrameworkData* framework : Frameworks()) {
    v1::RecommendedModel& model = models.emplace_back();
    model.set_framework_id(std::string(framework->id));
    for (const std::string& factor : *factors) {
      for (const Reason& reason : kReasons) {
        if (reason.factor != factor || reason.framework != framework->id) {
          continue;
        }
        auto& added = *model.add_reasons();
        added.set_factor(factor);
        added.set_points(reason.points);
        added.set_text(std::string(reason.text));
        model.set_points(model.points() + reason.points);
      }
    }
  }
  std::stable_sort(
      models.begin(), models.end(), [](const auto& a, const auto& b) {
        return a.points() != b.points() ? a.points() > b.points()
                                        : a.framework_id() < b.framework_id();
      });
  v1::RecommendModelsResponse response;
  for (v1::RecommendedModel& model : models) {
    *response.add_models() = std::move(model);
  }
  return response;
}

}  // namespace crm::analytical
