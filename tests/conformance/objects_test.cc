// Object types and objects, as callers of a running service see them: types
// with fields, rules and limits of their own, from the commit on.

#include <string>
#include <vector>

#include "tests/conformance/objects_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Ref(absl::string_view key, absl::string_view name) {
  return absl::StrCat("custom_fields { key: '", key,
                      "' value { reference_value: '", name, "' } } ");
}

TEST_F(CustomObjects, A32_ATypeIsUsedFromTheCommitOnWithFieldsOfItsOwn) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("sites"), IsOk());
  // One key, which means something else in each type.
  DefineOf("vehicles", "size", "type: INTEGER");
  DefineOf("sites", "size", "type: TEXT");
  DefineOf("sites", "town", "type: TEXT");

  const auto van = MakeObject("vehicles/van", Int("size", 3));
  const auto yard = MakeObject("sites/yard", Text("size", "large"));
  const auto mistyped = MakeObject("vehicles/bus", Text("size", "large"));
  const auto of_another = MakeObject("vehicles/bus", Text("town", "Graz"));
  const auto no_type = MakeObject("ships/ark");
  const auto lead = MakeLead("ada", Int("size", 3));

  ASSERT_THAT(van, IsOk());
  EXPECT_EQ(van->object_type(), "objectTypes/vehicles");
  EXPECT_EQ(van->owner(), "user:ada");
  EXPECT_EQ(van->custom_fields().at("size").int_value(), 3);
  EXPECT_THAT(yard, IsOk());
  EXPECT_THAT(Violations(mistyped.status()),
              ElementsAre(HasSubstr("object.custom_fields.size: ")));
  EXPECT_THAT(Violations(of_another.status()),
              ElementsAre("object.custom_fields.town: is not a field that is "
                          "defined and active."));
  EXPECT_THAT(no_type,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(lead,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(CustomObjects, A32_KeysAndUniqueValuesAreThoseOfOneType) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("sites"), IsOk());
  DefineOf("vehicles", "code", "type: TEXT max_length: 20 unique: true");
  DefineOf("sites", "code", "type: TEXT max_length: 20 unique: true");

  const auto again = DraftOf("vehicles", "code", "type: TEXT");
  const auto of_objects = Call<v1::FieldDefinition,
                               v1::CreateFieldDefinitionRequest>(
      "FieldDefinitionService.CreateFieldDefinition",
      "field_definition { display_name: 'F' resource_type: 'crm/Object' key: "
      "'code' type: TEXT }");
  const auto of_none = DraftOf("ships", "code", "type: TEXT");
  ASSERT_THAT(MakeObject("vehicles/van", Text("code", "A")), IsOk());
  const auto in_another = MakeObject("sites/yard", Text("code", "A"));
  const auto taken = MakeObject("vehicles/bus", Text("code", "A"));

  EXPECT_THAT(again,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(Violations(of_objects.status()),
              ElementsAre(HasSubstr("field_definition.resource_type: must be "
                                    "a resource type that has custom fields")));
  EXPECT_THAT(of_none,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(in_another, IsOk());
  EXPECT_THAT(taken,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
}

TEST_F(CustomObjects, A32_ObjectsAreFilteredOrderedAndPagedByTheirFields) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("sites"), IsOk());
  DefineOf("vehicles", "seats", "type: INTEGER indexed: true");
  DefineOf("vehicles", "note", "type: TEXT");
  DefineOf("sites", "seats", "type: INTEGER");
  DefineOf("sites", "note", "type: INTEGER");
  const std::vector<std::pair<std::string, int>> vehicles = {
      {"a1", 9}, {"b1", 2}, {"c1", 5}, {"d1", 2}};
  for (const auto& [id, seats] : vehicles) {
    ASSERT_THAT(MakeObject(absl::StrCat("vehicles/", id),
                           Int("seats", seats) + Text("note", id)),
                IsOk());
  }
  ASSERT_THAT(MakeObject("sites/yard", Int("seats", 9)), IsOk());

  EXPECT_THAT(Objects("vehicles", "", "custom_fields.seats desc, name"),
              IsOkAndHolds(ElementsAre("vehicles/a1", "vehicles/c1",
                                       "vehicles/b1", "vehicles/d1")));
  EXPECT_THAT(Objects("vehicles", "custom_fields.seats > 2"),
              IsOkAndHolds(ElementsAre("vehicles/a1", "vehicles/c1")));
  EXPECT_THAT(Objects("vehicles", "custom_fields.note = b1"),
              IsOkAndHolds(ElementsAre("vehicles/b1")));
  EXPECT_THAT(Objects("-", "object_type.display_name = sites"),
              IsOkAndHolds(ElementsAre("sites/yard")));
  // Of all types, what means the same in all that have it.
  EXPECT_THAT(Objects("-", "custom_fields.seats = 9"),
              IsOkAndHolds(ElementsAre("sites/yard", "vehicles/a1")));
  EXPECT_THAT(Violations(Objects("-", "custom_fields.note = 9").status()),
              ElementsAre(HasSubstr("There is no custom field 'note'")));
  // What has no index is no order, which the answer says.
  EXPECT_THAT(
      Violations(Objects("vehicles", "", "custom_fields.note").status()),
      ElementsAre(HasSubstr("custom_fields.note")));
  EXPECT_THAT(Violations(Objects("-", "", "custom_fields.seats").status()),
              ElementsAre(HasSubstr("custom_fields.seats")));
}

TEST_F(CustomObjects, A32_AnIndexIsBuiltOverWhatTheTypeHadBefore) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("vehicles0"), IsOk());
  const auto seats = DefineOf("vehicles", "seats", "type: INTEGER");
  DefineOf("vehicles0", "seats", "type: INTEGER");
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(MakeObject(absl::StrCat("vehicles/v", i), Int("seats", 3 - i)),
                IsOk());
    ASSERT_THAT(MakeObject(absl::StrCat("vehicles0/v", i), Int("seats", i)),
                IsOk());
  }

  ASSERT_THAT(Change(seats.name(), "indexed: true", "indexed"), IsOk());
  AwaitIndex(seats.name());

  EXPECT_THAT(
      Objects("vehicles", "custom_fields.seats >= 1", "custom_fields.seats", 1),
      IsOkAndHolds(ElementsAre("vehicles/v2", "vehicles/v1", "vehicles/v0")));
  int64_t entries = 0;
  ASSERT_THAT(
      service_.host().database().Read(
          absl::InfiniteFuture(),
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const SqlRows rows,
                reader.Query("SELECT COUNT(*) FROM custom_integers", {}));
            entries = std::get<int64_t>(rows.at(0).at(0));
            return absl::OkStatus();
          }),
      IsOk());
  EXPECT_EQ(entries, 3);
}

TEST_F(CustomObjects, A32_FieldsReferToObjectsOfOneTypeAndLeadOnToTheirFields) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("sites"), IsOk());
  DefineOf("vehicles", "home",
           "type: REFERENCE reference_type: 'objectTypes/sites'");
  DefineOf("vehicles", "size", "type: INTEGER");
  DefineOf("sites", "size", "type: TEXT");
  Define("car", "type: REFERENCE reference_type: 'objectTypes/vehicles'");
  ASSERT_THAT(MakeObject("sites/yard", Text("size", "large")), IsOk());
  ASSERT_THAT(MakeObject("sites/lot", Text("size", "small")), IsOk());
  ASSERT_THAT(MakeObject("vehicles/van",
                         Int("size", 3) + Ref("home", NameOf("sites/yard"))),
              IsOk());
  ASSERT_THAT(MakeObject("vehicles/bus",
                         Int("size", 9) + Ref("home", NameOf("sites/lot"))),
              IsOk());
  ASSERT_THAT(MakeLead("ada", Ref("car", NameOf("vehicles/van"))), IsOk());
  ASSERT_THAT(MakeLead("bob", Ref("car", NameOf("vehicles/bus"))), IsOk());

  const auto missing =
      MakeObject("vehicles/new", Ref("home", NameOf("sites/none")));
  const auto of_another =
      MakeObject("vehicles/new", Ref("home", NameOf("vehicles/van")));

  EXPECT_THAT(Violations(missing.status()),
              ElementsAre("object.custom_fields.home: names no "
                          "objectTypes/sites that exists."));
  EXPECT_THAT(Violations(of_another.status()),
              ElementsAre("object.custom_fields.home: names no "
                          "objectTypes/sites that exists."));
  // The key `size` is a number here and a text there.
  EXPECT_THAT(Objects("vehicles",
                      "custom_fields.home.custom_fields.size = "
                      "large AND custom_fields.size = 3"),
              IsOkAndHolds(ElementsAre("vehicles/van")));
  EXPECT_THAT(Objects("vehicles", "custom_fields.home.display_name = lot"),
              IsOkAndHolds(ElementsAre("vehicles/bus")));
  EXPECT_THAT(Leads("custom_fields.car.custom_fields.size > 5", ""),
              IsOkAndHolds(ElementsAre("bob")));
  EXPECT_THAT(
      Violations(
          Leads("custom_fields.car.custom_fields.size = large", "").status()),
      ElementsAre(HasSubstr("filter")));
}

TEST_F(CustomObjects, A32_RequiredFieldsAndRulesHoldForTheirTypeAlone) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("sites"), IsOk());
  DefineOf("vehicles", "seats", "type: INTEGER required: true");
  DefineOf("vehicles", "color",
           absl::StrCat("type: TEXT default_value { "
                        "string_value: 'red' }"));
  const auto rule = Call<v1::ValidationRule, v1::CreateValidationRuleRequest>(
      "ValidationRuleService.CreateValidationRule",
      "validation_rule { display_name: 'R' resource_type: "
      "'objectTypes/vehicles' refuse_when: 'custom_fields.seats > 100' "
      "message: 'is too large.' field: 'custom_fields.seats' }");
  ASSERT_THAT(rule, IsOk());
  ASSERT_THAT((Call<v1::ValidationRule, v1::EnableValidationRuleRequest>(
                  "ValidationRuleService.EnableValidationRule",
                  absl::StrCat("name: '", rule->name(), "'"))),
              IsOk());
  const auto unfit = Call<v1::ValidationRule, v1::CreateValidationRuleRequest>(
      "ValidationRuleService.CreateValidationRule",
      "validation_rule { display_name: 'R' resource_type: 'objectTypes/sites' "
      "refuse_when: 'custom_fields.seats > 100' message: 'is too large.' }");

  const auto incomplete = MakeObject("vehicles/van");
  const auto refused = MakeObject("vehicles/van", Int("seats", 101));
  const auto made = MakeObject("vehicles/van", Int("seats", 2));

  EXPECT_THAT(Violations(unfit.status()),
              ElementsAre(HasSubstr("There is no custom field 'seats'")));
  EXPECT_THAT(Violations(incomplete.status()),
              ElementsAre("object.custom_fields.seats: is required."));
  EXPECT_THAT(Violations(refused.status()),
              ElementsAre("object.custom_fields.seats: is too large."));
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->custom_fields().at("color").string_value(), "red");
  EXPECT_THAT(MakeObject("sites/yard"), IsOk());
}

TEST_F(CustomObjects, A32_ARetiredTypeIsReadAndDeletedButNotWritten) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  DefineOf("vehicles", "seats", "type: INTEGER indexed: true");
  ASSERT_THAT(MakeObject("vehicles/van", Int("seats", 3)), IsOk());
  ASSERT_THAT(MakeObject("vehicles/bus", Int("seats", 50)), IsOk());
  ASSERT_THAT(RetireType("vehicles"), IsOk());
  const auto is_refused =
      StatusIs(absl::StatusCode::kFailedPrecondition, "OBJECT_TYPE_NOT_ACTIVE");

  EXPECT_THAT(MakeObject("vehicles/new", ""), is_refused);
  EXPECT_THAT(UpdateObject("vehicles/van", Int("seats", 4), "custom_fields"),
              is_refused);
  EXPECT_THAT(GetObject("vehicles/van"), IsOk());
  EXPECT_THAT(DeleteObject("vehicles/bus"), IsOk());
  EXPECT_THAT((Call<v1::Object, v1::UndeleteObjectRequest>(
                  "ObjectService.UndeleteObject",
                  absl::StrCat("name: '", NameOf("vehicles/bus"), "'"))),
              is_refused);
  EXPECT_THAT(Objects("vehicles", "custom_fields.seats > 1"),
              IsOkAndHolds(ElementsAre("vehicles/van")));

  ASSERT_THAT((Call<v1::ObjectType, v1::ActivateObjectTypeRequest>(
                  "ObjectTypeService.ActivateObjectType",
                  "name: 'objectTypes/vehicles'")),
              IsOk());
  EXPECT_THAT(UpdateObject("vehicles/van", Int("seats", 4), "custom_fields"),
              IsOk());
}

TEST_F(CustomObjects, A32_AnotherTenantHasNoneOfIt) {
  const std::string other =
      authority_.Token("umbrella", "user:uma", {"everyone"});
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  DefineOf("vehicles", "seats", "type: INTEGER indexed: true");
  ASSERT_THAT(MakeObject("vehicles/van", Int("seats", 3)), IsOk());

  EXPECT_THAT(GetObject("vehicles/van", other),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(MakeObject("vehicles/bus", "", other),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(DraftOf("vehicles", "seats", "type: TEXT", other),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Objects("-", "", "", 50, other), IsOkAndHolds(IsEmpty()));
  // What it calls the same is its own.
  ASSERT_THAT(MakeType("vehicles", other), IsOk());
  EXPECT_THAT(
      Violations(MakeObject("vehicles/bus", Int("seats", 1), other).status()),
      ElementsAre(HasSubstr("is not a field that is defined")));
  EXPECT_THAT(MakeObject("vehicles/bus", "", other), IsOk());
  EXPECT_THAT(Objects("vehicles"), IsOkAndHolds(ElementsAre("vehicles/van")));
  EXPECT_THAT(Objects("vehicles", "", "", 50, other),
              IsOkAndHolds(ElementsAre("vehicles/bus")));
}

}  // namespace
}  // namespace crm::testing
