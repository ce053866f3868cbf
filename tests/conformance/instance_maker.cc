#include "tests/conformance/instance_maker.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "google/type/postal_address.pb.h"
#include "re2/re2.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_schema.h"
#include "tests/support/api_client.h"

namespace crm::testing {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// Rules between fields, by message type: `complete` is run on every instance
// that is made; `number` differs each time.
using Completion = void (*)(Message& message, int number);
const std::map<std::string, Completion>& Completions() {
  static const auto& completions = *new std::map<std::string, Completion>{
      // A revocation names a subject or a session.
      {"crm.operational.v1.TokenRevocation",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("subject: 'user:", number,
                                     "' labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // Plans say how customers are met.
      {"crm.analytical.v1.InteractionPlan",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("display_name: 'Plan ", number,
                                     "' value_tier: TOP cadence_days: 7 "
                                     "activity_kind: VISIT "
                                     "labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // A customer has one open run.
      {"crm.analytical.v1.LifecycleJourney",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("customer: 'customers/runner-", number,
                                     "' labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // Definitions say what they are about.
      {"crm.operational.v1.FieldDefinition",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Field ", number,
                          "' resource_type: 'crm/Lead' type: TEXT key: 'field_",
                          number, "' labels { key: 'team' value: 'north' }"),
             message);
       }},
      {"crm.operational.v1.ValidationRule",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Rule ", number,
                          "' resource_type: 'crm/Lead' refuse_when: 'state = "
                          "NEW' message: 'is new.' labels { key: 'team' value: "
                          "'north' }"),
             message);
       }},
      // Goals have a target of the kind that their metric counts.
      {"crm.operational.v1.Goal",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Goal ", number,
                          "' metric: WON_COUNT target_count: 5 "
                          "start_date { year: 2026 month: 1 day: 1 } "
                          "end_date { year: 2026 month: 3 day: 31 } "
                          "labels { key: 'team' value: 'north' }"),
             message);
       }},
      // Duplicate rules have terms, and keys of what these compare.
      {"crm.operational.v1.DuplicateRule",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Rule ", number,
                          "' resource_type: 'crm/Lead' terms { field: 'email' "
                          "comparison: EMAIL weight: 1000000 } block_keys { "
                          "parts { field: 'email' form: WHOLE } } "
                          "threshold_millionths: 1000000 action: REPORT labels "
                          "{ key: 'team' value: 'north' }"),
             message);
       }},
      // Scoring models have terms, whose filters fit leads.
      {"crm.operational.v1.ScoringModel",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Model ", number,
                          "' terms { filter: 'company:*' points: 10 reason: "
                          "'has a company' } labels { key: 'team' value: "
                          "'north' }"),
             message);
       }},
      // Forms have fields, and submissions the values of them.
      {"crm.operational.v1.Form",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Form ", number,
                          "' fields { key: 'mail' lead_field: 'email' "
                          "required: true label: 'E-mail' } labels { key: "
                          "'team' value: 'north' }"),
             message);
       }},
      {"crm.operational.v1.FormSubmission",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("values { key: 'mail' value: 'person-", number,
                          "@example.org' } labels { key: 'team' value: "
                          "'north' }"),
             message);
       }},
      // A calendar has a time zone.
      {"crm.operational.v1.BusinessCalendar",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Calendar ", number,
                          "' time_zone: 'Europe/Vienna' weekdays { weekday: 1 "
                          "intervals { start_minute: 540 end_minute: 1020 } } "
                          "labels { key: 'team' value: 'north' }"),
             message);
       }},
      // Nobody follows a resource twice.
      {"crm.operational.v1.Follower",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("resource: 'leads/followed-", number,
                                     "' labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // A view is of a type, here one that all who run views may list.
      {"crm.operational.v1.View",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("display_name: 'View ", number,
                                     "' resource_type: 'crm/Account' "
                                     "labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // An automation does something.
      {"crm.operational.v1.Automation",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Automation ", number,
                          "' resource_type: 'crm/Lead' events: UPDATED "
                          "changed_fields: 'company' actions { follow {} } "
                          "labels { key: 'team' value: 'north' }"),
             message);
       }},
      // A sequence has steps.
      {"crm.operational.v1.Sequence",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Sequence ", number,
                          "' resource_type: 'crm/Lead' steps { wait_days: 1 "
                          "activity { kind: CALL subject: 'Call' } } labels { "
                          "key: 'team' value: 'north' }"),
             message);
       }},
      // A pipeline has stages of each outcome.
      {"crm.operational.v1.Pipeline",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Pipeline ", number,
                          "' stages { stage_id: 'new' display_name: 'New' "
                          "outcome: OPEN } stages { stage_id: 'won' "
                          "display_name: 'Won' outcome: WON "
                          "probability_millionths: 1000000 } stages { "
                          "stage_id: 'lost' display_name: 'Lost' outcome: "
                          "LOST } labels { key: 'team' value: 'north' }"),
             message);
       }},
      // A scorecard is of a framework.
      {"crm.analytical.v1.Scorecard",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("display_name: 'Scorecard ", number,
                                     "' framework: 'idic' "
                                     "labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // The weights of rubrics add up.
      {"crm.analytical.v1.Rubric",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Rubric ", number,
                          "' subject: CRM_READINESS dimensions { dimension_id: "
                          "'people' display_name: 'People' weight_millionths: "
                          "1000000 questions { question_id: 'sponsor' text: "
                          "'Is there one?' weight_millionths: 1000000 "
                          "best_points: 5 } } labels { key: 'team' value: "
                          "'north' }"),
             message);
       }},
      // One base currency begins on a day.
      {"crm.operational.v1.BaseCurrency",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("currency_code: 'EUR' valid_from_date { "
                          "year: ",
                          2000 + number / 28,
                          " month: 2 day: ", 1 + number % 28,
                          " } labels { key: 'team' value: 'north' }"),
             message);
       }},
      // A factor concerns somebody.
      {"crm.analytical.v1.ExternalFactor",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("display_name: 'Factor ", number,
                          "' kind: PAIN_POINT segments: 'Retail' observed_date "
                          "{ year: 2026 month: 1 day: 1 } labels { key: 'team' "
                          "value: 'north' }"),
             message);
       }},
      // A link leads from one party to another.
      {"crm.analytical.v1.StakeholderLink",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("from_party: 'customers/c-", number,
                                     "' party: 'accounts/a-", number,
                                     "' party_kind: SUPPLIER role: 'Delivers' "
                                     "labels { key: 'team' value: 'north' }"),
                        message);
       }},
      // There is one rate of two currencies and a day.
      {"crm.operational.v1.ExchangeRate",
       [](Message& message, int number) {
         ParseTextOrDie(
             absl::StrCat("base_currency_code: 'EUR' quote_currency_code: "
                          "'USD' rate: '1.5' valid_from_date { year: ",
                          2000 + number / 28,
                          " month: 2 day: ", 1 + number % 28,
                          " } labels { key: 'team' value: 'north' }"),
             message);
       }},
      // An identifier's value has the form of its type.
      {"crm.operational.v1.Identifier",
       [](Message& message, int number) {
         ParseTextOrDie(absl::StrCat("type: EMAIL value: 'person-", number,
                                     "@example.org' labels { key: 'team' "
                                     "value: 'north' }"),
                        message);
       }},
  };
  return completions;
}

// Sets a message of a well-known type; returns false for another type.
bool FillWellKnown(Message& message, int number) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == google::protobuf::Timestamp::descriptor()->full_name()) {
    ParseTextOrDie(absl::StrCat("seconds: ", 1'600'000'000 + number), message);
  } else if (type == google::type::Money::descriptor()->full_name()) {
    ParseTextOrDie(absl::StrCat("currency_code: 'USD' units: ", number),
                   message);
  } else if (type == google::type::Date::descriptor()->full_name()) {
    ParseTextOrDie(absl::StrCat("year: ", 2000 + number, " month: 2 day: 28"),
                   message);
  } else if (type == google::type::PostalAddress::descriptor()->full_name()) {
    ParseTextOrDie(absl::StrCat("region_code: 'DE' postal_code: '", number,
                                "' locality: 'Berlin'"),
                   message);
  } else {
    return false;
  }
  return true;
}

int64_t NumberFor(const FieldDescriptor* field, int number) {
  const auto& rule = field->options().GetExtension(crm::api::field);
  if (!rule.ranged()) return number;
  const int64_t values = rule.max_value() - rule.min_value() + 1;
  return rule.min_value() + number % values;
}

// A declared value other than the first and, if there are more, other than
// `present`.
int EnumValueFor(const FieldDescriptor* field, int present) {
  for (int i = 1; i < field->enum_type()->value_count(); ++i) {
    const int value = field->enum_type()->value(i)->number();
    if (value != present) return value;
  }
  return present;
}

}  // namespace

std::unique_ptr<Message> InstanceMaker::Make(const Descriptor* type) {
  std::unique_ptr<Message> message = NewMessage(type);
  const auto completion = Completions().find(type->full_name());
  if (completion != Completions().end()) {
    completion->second(*message, NextNumber());
    return message;
  }
  FillRequired(*message);
  if (type->FindFieldByName("labels") != nullptr) {
    const std::unique_ptr<Message> labels = NewMessage(type);
    ParseTextOrDie("labels { key: 'team' value: 'north' }", *labels);
    message->MergeFrom(*labels);
  }
  return message;
}

void InstanceMaker::FillRequired(Message& message) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const bool unique = field->options().GetExtension(crm::api::field).unique();
    if (ResourceSchema::IsRequired(field) || unique) Fill(message, field);
  }
}

void InstanceMaker::Fill(Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated() &&
      field->options().HasExtension(google::api::resource_reference)) {
    reflection->AddString(&message, field, TextFor(field));
    return;
  }
  if (field->is_repeated()) {
    std::cerr << "No rule says what to fill " << field->full_name()
              << " with.\n";
    std::abort();
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection->SetString(&message, field, TextFor(field));
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection->SetEnumValue(
          &message, field,
          EnumValueFor(field, reflection->GetEnumValue(message, field)));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* child = reflection->MutableMessage(&message, field);
      if (!FillWellKnown(*child, NextNumber())) FillRequired(*child);
      return;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(&message, field,
                          !reflection->GetBool(message, field));
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->SetInt32(
          &message, field,
          static_cast<int32_t>(NumberFor(field, NextNumber())));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection->SetInt64(&message, field, NumberFor(field, NextNumber()));
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(&message, field, NextNumber());
      return;
    default:
      std::cerr << "No value is known for " << field->full_name() << ".\n";
      std::abort();
  }
}

std::string InstanceMaker::TextFor(const FieldDescriptor* field) {
  const auto& reference =
      field->options().GetExtension(google::api::resource_reference);
  // What may be of any type need not be there.
  if (reference.type() == "*") {
    return absl::StrCat("leads/any-", NextNumber());
  }
  if (!reference.type().empty()) return refer_(reference.type());
  const int number = NextNumber();
  const std::string& pattern =
      field->options().GetExtension(crm::api::field).pattern();
  if (pattern.empty()) return absl::StrCat(field->name(), " ", number);
  // Currencies differ by their last letter.
  const std::string currency =
      absl::StrCat("XX", std::string(1, static_cast<char>('A' + number % 26)));
  for (const std::string& candidate :
       {absl::StrCat("person-", number, "@example.org"),
        absl::StrCat("+4930", 1'000'000 + number), currency, std::string("de"),
        absl::StrCat(number, ".5"), std::string(64, 'a')}) {
    if (RE2::FullMatch(candidate, pattern)) return candidate;
  }
  std::cerr << "No text is known that matches the pattern of "
            << field->full_name() << ".\n";
  std::abort();
}

bool Forge(Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return false;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection->SetString(&message, field, "forged/forged");
      return true;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* type = field->enum_type();
      reflection->SetEnumValue(&message, field,
                               type->value(type->value_count() - 1)->number());
      return type->value_count() > 2;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FillWellKnown(*reflection->MutableMessage(&message, field), 7);
    case FieldDescriptor::CPPTYPE_INT64:
      reflection->SetInt64(&message, field, 424'242);
      return true;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(&message, field, 0.4242);
      return true;
    default:
      return false;
  }
}

}  // namespace crm::testing
