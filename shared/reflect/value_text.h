// Values of fields as text, as exports and templates write them.

#ifndef CRM_SHARED_REFLECT_VALUE_TEXT_H_
#define CRM_SHARED_REFLECT_VALUE_TEXT_H_

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm {

// Whether an amount of money is written with its currency.
enum class AmountText {
  kBare,          // 12.50
  kWithCurrency,  // 12.50 EUR
};

// Returns the value of `field` in `holder`; of a repeated field the one at
// `index`, which is -1 for others. Numbers are decimal and have as many digits
// as tell them from any other, enums are the name of their value, times RFC
// 3339 in UTC, dates as `2026-05-31`. What is unset, the first value of an enum
// and messages of other types are "".
std::string ValueText(const google::protobuf::Message& holder,
                      const google::protobuf::FieldDescriptor& field,
                      int index = -1, AmountText amounts = AmountText::kBare);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_VALUE_TEXT_H_
