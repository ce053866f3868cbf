#include "services/operational/domain/identity/survivorship.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/reflect/map_entries.h"
#include "shared/reflect/resource_schema.h"

namespace crm::operational {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const Descriptor& Type() { return *v1::Customer::descriptor(); }

const FieldDescriptor* FieldNamed(absl::string_view name) {
  return Type().FindFieldByName(std::string(name));
}

// The keys of a map whose keys are texts.
void AddKeys(const Message& customer, const FieldDescriptor* map,
             std::set<std::string>& paths) {
  const Reflection& reflection = *customer.GetReflection();
  const FieldDescriptor* key = map->message_type()->map_key();
  for (int i = 0; i < reflection.FieldSize(customer, map); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(customer, map, i);
    const std::string text = entry.GetReflection()->GetString(entry, key);
    // No path leads to an empty key; the survivor keeps its own.
    if (!text.empty()) paths.insert(absl::StrCat(map->name(), ".", text));
  }
}

// A copy of `customer` with `field` alone.
v1::Customer Only(const v1::Customer& customer, absl::string_view field) {
  v1::Customer result;
  CopyValue(customer, result, field);
  return result;
}

int64_t FieldCount(const v1::Customer& customer) {
  const v1::Customer* const one[] = {&customer};
  return static_cast<int64_t>(MergeableFields(one).size());
}

int64_t UpdateNanos(const v1::Customer& customer) {
  constexpr int64_t kNanos = 1'000'000'000;
  return customer.update_time().seconds() * kNanos +
         customer.update_time().nanos();
}

int64_t SourceRank(const v1::Customer& customer,
                   std::span<const std::string> sources) {
  return std::find(sources.begin(), sources.end(), customer.source().system()) -
         sources.begin();
}

// What is greater is kept.
std::tuple<int64_t, int64_t> Rank(const v1::Customer& customer,
                                  absl::string_view field, Survivorship rule,
                                  std::span<const std::string> sources) {
  switch (rule) {
    case Survivorship::kSurvivor:
      return {0, 0};
    case Survivorship::kMostRecent:
      return {UpdateNanos(customer), 0};
    case Survivorship::kMostComplete:
      return {static_cast<int64_t>(Only(customer, field).ByteSizeLong()),
              FieldCount(customer)};
    case Survivorship::kSourcePriority:
      return {-SourceRank(customer, sources), UpdateNanos(customer)};
  }
  return {0, 0};
}

}  // namespace

Survivorship RuleFor(const SurvivorshipPolicy& policy,
                     absl::string_view field) {
  auto found = policy.fields.find(field);
  if (found == policy.fields.end()) {
    found = policy.fields.find(field.substr(0, field.find('.')));
  }
  return found == policy.fields.end() ? policy.fallback : found->second;
}

std::vector<std::string> MergeableFields(
    std::span<const v1::Customer* const> customers) {
  std::vector<std::string> fields;
  for (int i = 0; i < Type().field_count(); ++i) {
    const FieldDescriptor* field = Type().field(i);
    if (ResourceSchema::IsOutputOnly(field)) continue;
    std::set<std::string> paths;
    for (const v1::Customer* customer : customers) {
      if (field->is_map()) {
        AddKeys(*customer, field, paths);
      } else if (HasValue(*customer, field->name())) {
        paths.insert(field->name());
      }
    }
    fields.insert(fields.end(), paths.begin(), paths.end());
  }
  return fields;
}

bool HasValue(const v1::Customer& customer, absl::string_view field) {
  const MapPath path = FindMapPath(Type(), field);
  if (path.field != nullptr) return FindMapEntry(customer, path) >= 0;
  const FieldDescriptor* descriptor = FieldNamed(field);
  if (descriptor == nullptr) return false;
  const Reflection& reflection = *customer.GetReflection();
  return descriptor->is_repeated()
             ? reflection.FieldSize(customer, descriptor) > 0
             : reflection.HasField(customer, descriptor);
}

bool SameValue(const v1::Customer& a, const v1::Customer& b,
               absl::string_view field) {
  return google::protobuf::util::MessageDifferencer::Equals(Only(a, field),
                                                            Only(b, field));
}

std::string ValueText(const v1::Customer& customer, absl::string_view field) {
  if (!HasValue(customer, field)) return "";
  const MapPath path = FindMapPath(Type(), field);
  const FieldDescriptor* descriptor =
      path.field != nullptr ? path.field : FieldNamed(field);
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  if (path.field != nullptr) {
    const Message& entry = customer.GetReflection()->GetRepeatedMessage(
        customer, descriptor, FindMapEntry(customer, path));
    printer.PrintFieldValueToString(
        entry, descriptor->message_type()->map_value(), -1, &text);
  } else {
    printer.PrintFieldValueToString(customer, descriptor, -1, &text);
  }
  return text;
}

void CopyValue(const v1::Customer& source, v1::Customer& target,
               absl::string_view field) {
  const MapPath path = FindMapPath(Type(), field);
  if (path.field != nullptr) {
    CopyMapEntry(source, target, path);
    return;
  }
  const FieldDescriptor* descriptor = FieldNamed(field);
  if (descriptor == nullptr) return;
  // Everything else is left where it is: only this field changes hands.
  v1::Customer taken = source;
  const Reflection& reflection = *target.GetReflection();
  reflection.ClearField(&target, descriptor);
  if (!HasValue(taken, field)) return;
  reflection.SwapFields(&taken, &target, {descriptor});
}

size_t ChooseValue(std::span<const v1::Customer* const> customers,
                   absl::string_view field, Survivorship rule,
                   std::span<const std::string> sources) {
  size_t chosen = customers.size();
  for (size_t i = 0; i < customers.size(); ++i) {
    if (!HasValue(*customers[i], field)) continue;
    if (chosen == customers.size() ||
        Rank(*customers[i], field, rule, sources) >
            Rank(*customers[chosen], field, rule, sources)) {
      chosen = i;
    }
  }
  return chosen;
}

}  // namespace crm::operational
