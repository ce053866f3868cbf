#include "services/operational/domain/lead_prediction.h"

#include <array>
#include <cstdint>

namespace crm::operational {
namespace {

// What is added to each count.
constexpr double kSmoothing = 0.1;
// How many leads of either end there must be for a prediction.
constexpr int64_t kMinEnded = 10;
// How many leads with a text must have ended for it to count.
constexpr int64_t kMinCases = 50;

// A property of leads.
struct Property {
  const char* field;
  const std::string& (v1::Lead::*value)() const;
  // Whether its text is compared, or only whether there is one.
  bool text;
};

const std::array<Property, 5>& Properties() {
  static constexpr std::array<Property, 5> kProperties = {
      Property{"company", &v1::Lead::company, false},
      Property{"email", &v1::Lead::email, false},
      Property{"origin", &v1::Lead::origin, true},
      Property{"phone", &v1::Lead::phone, false},
      Property{"territory", &v1::Lead::territory, true}};
  return kProperties;
}

const Property& Find(const std::string& field) {
  for (const Property& property : Properties()) {
    if (property.field == field) return property;
  }
  return Properties().front();
}

std::string ValueOf(const Property& property, const v1::Lead& lead) {
  const std::string& value = (lead.*property.value)();
  if (property.text) return value;
  return value.empty() ? "unset" : "set";
}

double RatioOf(const v1::PredictionFactor& factor,
               const v1::LeadPrediction& of) {
  const auto likelihood = [](int64_t with, int64_t all) {
    return (static_cast<double>(with) + kSmoothing) /
           (static_cast<double>(all) + 2 * kSmoothing);
  };
  return likelihood(factor.converted_count(), of.converted_count()) /
         likelihood(factor.disqualified_count(), of.disqualified_count());
}

}  // namespace

std::vector<std::string> PredictingFields() {
  std::vector<std::string> fields;
  for (const Property& property : Properties()) {
    fields.emplace_back(property.field);
  }
  return fields;
}

ConversionOdds::ConversionOdds(const v1::Lead& lead,
                               const std::vector<std::string>& fields)
    : name_(lead.name()) {
  for (const std::string& field : fields) {
    v1::PredictionFactor& factor = *counted_.add_factors();
    factor.set_field(field);
    factor.set_value(ValueOf(Find(field), lead));
  }
}

void ConversionOdds::Add(const v1::Lead& ended) {
  const bool converted = ended.state() == v1::Lead::CONVERTED;
  if (ended.name() == name_ ||
      (!converted && ended.state() != v1::Lead::DISQUALIFIED)) {
    return;
  }
  const auto count = [converted](auto& counts) {
    if (converted) {
      counts.set_converted_count(counts.converted_count() + 1);
    } else {
      counts.set_disqualified_count(counts.disqualified_count() + 1);
    }
  };
  count(counted_);
  for (v1::PredictionFactor& factor : *counted_.mutable_factors()) {
    if (ValueOf(Find(factor.field()), ended) == factor.value()) count(factor);
  }
}

v1::LeadPrediction ConversionOdds::Predict() const {
  v1::LeadPrediction prediction = counted_;
  double odds =
      (static_cast<double>(prediction.converted_count()) + kSmoothing) /
      (static_cast<double>(prediction.disqualified_count()) + kSmoothing);
  for (v1::PredictionFactor& factor : *prediction.mutable_factors()) {
    const int64_t cases =
        factor.converted_count() + factor.disqualified_count();
    factor.set_likelihood_ratio(RatioOf(factor, prediction));
    factor.set_used(!Find(factor.field()).text || cases >= kMinCases);
    if (factor.used()) odds *= factor.likelihood_ratio();
  }
  if (prediction.converted_count() >= kMinEnded &&
      prediction.disqualified_count() >= kMinEnded) {
    prediction.set_probability(odds / (1 + odds));
  }
  return prediction;
}

}  // namespace crm::operational
