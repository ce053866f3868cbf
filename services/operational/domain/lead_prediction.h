// How likely a lead is converted, by what became of the leads before it.
//
// Naive Bayes over a few properties, each of which a lead has or has not, with
// 0.1 added to each count so that nothing is impossible; the arithmetic is in
// the proto, and can be done again by hand.
//
// Source: Domingos and Pazzani, "On the Optimality of the Simple Bayesian
// Classifier under Zero-One Loss" (1997).
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_PREDICTION_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_PREDICTION_H_

#include <string>
#include <vector>

#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_score.pb.h"

namespace crm::operational {

// The fields that are looked at.
std::vector<std::string> PredictingFields();

// Counts what became of leads, and says what that means for one of them.
// Thread-compatible.
class ConversionOdds {
 public:
  // For `lead`, by those of PredictingFields() that are in `fields`.
  ConversionOdds(const v1::Lead& lead, const std::vector<std::string>& fields);

  // Counts a lead that was converted or disqualified; others, and the lead
  // itself, do not count.
  void Add(const v1::Lead& ended);

  v1::LeadPrediction Predict() const;

 private:
  const std::string name_;
  // Counts, without what follows from them.
  v1::LeadPrediction counted_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_PREDICTION_H_
