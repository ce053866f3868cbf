// Records of which it is known who is who, and how well a rule finds it out.

#ifndef CRM_TESTS_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_LABELLED_RECORDS_H_
#define CRM_TESTS_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_LABELLED_RECORDS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "services/operational/domain/identity/blocking.h"
#include "services/operational/domain/identity/duplicate_rule.h"
#include "services/operational/domain/identity/rule_estimation.h"

namespace crm::operational::testing {

// What tests say when they skip themselves.
inline constexpr char kNoReferenceData[] = "skipped: no reference data";

struct LabelledRecords {
  std::vector<MatchRecord> records;
  // Who each record is of.
  std::vector<int> person;
};

// Returns Febrl's data set 1 (1,000 records of 500 people, each twice), or
// nothing where it is missing.
std::optional<LabelledRecords> ReadFebrl();

// What goes wrong between a person and a record of them.
struct ErrorRates {
  // In a text or number: a letter too many, lacking, replaced or swapped.
  double typo = 0;
  double missing = 0;
  // The person moved; has another number; day and month were swapped; the
  // given name is another one altogether.
  double moved = 0;
  double new_phone = 0;
  double swapped_date = 0;
  double other_name = 0;
  // The given name is cut short, as nicknames are; given name and surname stand
  // in each other's place.
  double nickname = 0;
  double swapped_names = 0;
  // Of the relatives, how many have the same birthday as well.
  double twins = 0;
};

// Returns records of `people` people, some of whom have up to three, in a
// fixed order for a seed. Of three, one shares surname, address and phone with
// another: families.
LabelledRecords MakePeople(uint32_t seed, int people, const ErrorRates& rates);

struct Quality {
  int64_t taken = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

// Judges the pairs that lie in the same group.
Quality JudgeGroups(const LabelledRecords& data,
                    const std::vector<std::vector<uint32_t>>& groups);

// Judges pairs one by one.
Quality JudgePairs(const LabelledRecords& data,
                   const std::vector<RecordPair>& pairs);

// Returns the groups that `rule`, which has a prior, makes of the data.
std::vector<std::vector<uint32_t>> GroupBy(
    const DuplicateRule& rule, const LabelledRecords& data,
    const std::vector<RecordPair>& pairs);

}  // namespace crm::operational::testing

#endif  // CRM_TESTS_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_LABELLED_RECORDS_H_
