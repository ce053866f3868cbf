#include "tests/shared/query/custom_specimens.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/api/custom_value.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::crm::api::CustomValue;
using ::crm::operational::v1::FieldDefinition;
using query_test::Keeper;
using query_test::Specimen;

constexpr char kSpecimen[] = "test/Specimen";
constexpr char kKeeper[] = "test/Keeper";

const std::vector<std::pair<std::string, FieldDefinition::Type>>& Fields() {
  static const auto& fields =
      *new std::vector<std::pair<std::string, FieldDefinition::Type>>{
          {"word", FieldDefinition::TEXT},
          {"amount", FieldDefinition::INTEGER},
          {"share", FieldDefinition::NUMBER},
          {"paid", FieldDefinition::BOOLEAN},
          {"seen", FieldDefinition::TIME},
          {"due", FieldDefinition::DATE},
          {"tier", FieldDefinition::OPTION},
          {"home", FieldDefinition::REFERENCE},
          {"price", FieldDefinition::MONEY},
          {"marks", FieldDefinition::OPTIONS}};
  return fields;
}

FieldDefinition Definition(const std::string& resource_type,
                           const std::string& key, FieldDefinition::Type type) {
  FieldDefinition definition;
  definition.set_resource_type(resource_type);
  definition.set_key(key);
  definition.set_full_key(absl::StrCat(resource_type, ".", key));
  definition.set_type(type);
  definition.set_state(FieldDefinition::ACTIVE);
  if (type == FieldDefinition::REFERENCE) {
    definition.set_reference_type(kKeeper);
  }
  return definition;
}

std::vector<FieldDefinition> Definitions() {
  std::vector<FieldDefinition> definitions;
  for (const auto& [key, type] : Fields()) {
    definitions.push_back(Definition(kSpecimen, key, type));
    // These have no index.
    if (type == FieldDefinition::MONEY || type == FieldDefinition::OPTIONS) {
      continue;
    }
    FieldDefinition& indexed = definitions.emplace_back(
        Definition(kSpecimen, absl::StrCat("x_", key), type));
    indexed.set_indexed(true);
    indexed.set_index_state(FieldDefinition::READY);
  }
  definitions.push_back(Definition(kKeeper, "word", FieldDefinition::TEXT));
  return definitions;
}

const char* RandomWord(std::mt19937& random) {
  static constexpr const char* kWords[] = {
      "a", "ab", "A", "b", "ba", "bab", "a*b", "a_b", "\xC3\xA9", "null"};
  return kWords[random() % std::size(kWords)];
}

CustomValue RandomValue(FieldDefinition::Type type, std::mt19937& random) {
  static constexpr int64_t kIntegers[] = {0,
                                          1,
                                          2,
                                          -1,
                                          std::numeric_limits<int64_t>::max(),
                                          std::numeric_limits<int64_t>::min()};
  static constexpr double kReals[] = {0, -0.0, 0.1, 1, -2.5, 1e300};
  static constexpr const char* kDays[] = {"2024-02-29", "2024-03-01",
                                          "2023-12-31"};
  static constexpr const char* kTiers[] = {"gold", "silver"};
  const auto below = [&random](uint32_t bound) {
    return static_cast<int>(random() % bound);
  };
  CustomValue value;
  switch (type) {
    case FieldDefinition::TEXT:
      value.set_string_value(RandomWord(random));
      break;
    case FieldDefinition::INTEGER:
      value.set_int_value(kIntegers[below(std::size(kIntegers))]);
      break;
    case FieldDefinition::NUMBER:
      value.set_double_value(kReals[below(std::size(kReals))]);
      break;
    case FieldDefinition::BOOLEAN:
      value.set_bool_value(below(2) == 0);
      break;
    case FieldDefinition::TIME:
      value.mutable_time_value()->set_seconds(1'700'000'000 + below(2));
      value.mutable_time_value()->set_nanos(below(3) * 1'500);
      break;
    case FieldDefinition::DATE:
      value.set_date_value(kDays[below(std::size(kDays))]);
      break;
    case FieldDefinition::OPTION:
      value.set_option_value(kTiers[below(std::size(kTiers))]);
      break;
    case FieldDefinition::REFERENCE:
      // Some of these do not exist.
      value.set_reference_value(absl::StrCat("keepers/", below(25)));
      break;
    case FieldDefinition::MONEY:
      value.mutable_money_value()->set_units(below(3) - 1);
      value.mutable_money_value()->set_currency_code("EUR");
      break;
    case FieldDefinition::OPTIONS:
      for (const char* tier : kTiers) {
        if (below(2) == 0) value.mutable_options_value()->add_options(tier);
      }
      break;
    default:
      ADD_FAILURE() << "no values of type " << type;
  }
  return value;
}

}  // namespace

void SetCustomFields(Specimen& specimen, std::mt19937& random) {
  auto& values = *specimen.mutable_custom_fields();
  for (const auto& [key, type] : Fields()) {
    if (random() % 3 == 0) continue;
    values[key] = RandomValue(type, random);
    values[absl::StrCat("x_", key)] = values[key];
  }
}

void SetCustomFields(Keeper& keeper, std::mt19937& random) {
  if (random() % 3 == 0) return;
  (*keeper.mutable_custom_fields())["word"].set_string_value(
      RandomWord(random));
}

CustomSpecimens::CustomSpecimens()
    : table_(CustomIndexTables()),
      schema_(Definitions(), {}, nullptr),
      columns_(table_.columns(), schema_.Find(kSpecimen)) {}

void CustomSpecimens::Insert(const std::vector<Specimen>& specimens) {
  table_.Insert(specimens);
  const CustomType& type = *schema_.Find(kSpecimen);
  const absl::Status status = table_.database().WriteAndWait(
      absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
        for (size_t i = 0; i < specimens.size(); ++i) {
          // As the table has it.
          Specimen other = specimens[(i + 1) % specimens.size()];
          other.set_name(specimens[i].name());
          CRM_RETURN_IF_ERROR(KeepCustomIndex(writer, SpecimenTable::kTenant,
                                              type, nullptr, &specimens[i])
                                  .status());
          CRM_RETURN_IF_ERROR(KeepCustomIndex(writer,
                                              SpecimenTable::kOtherTenant, type,
                                              nullptr, &other)
                                  .status());
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

std::vector<std::string> CustomSpecimens::Names(const SqlFragment& where) {
  const std::vector<std::string> joined = columns_.Joined({where.text});
  const SqlFragment joins =
      columns_.Where(joined, "specimens", SpecimenTable::kTenant);
  const std::string sql =
      absl::StrCat("SELECT name FROM specimens", columns_.From(joined),
                   " WHERE specimens.tenant = ? AND (", joins.text, ") AND (",
                   where.text, ")");
  std::vector<SqlValue> params = {std::string(SpecimenTable::kTenant)};
  params.insert(params.end(), joins.params.begin(), joins.params.end());
  params.insert(params.end(), where.params.begin(), where.params.end());
  std::vector<std::string> names;
  const absl::Status status = table_.database().Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
        for (const SqlRow& row : rows) {
          names.push_back(std::get<std::string>(row[0]));
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status << ": " << sql;
  return names;
}

}  // namespace crm
