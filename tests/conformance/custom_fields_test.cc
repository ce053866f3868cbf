// Fields and rules that a tenant defines for itself, as callers of a running
// service see them.

#include <string>
#include <utility>
#include <vector>

#include "crm/operational/v1/customer.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "tests/conformance/custom_fields_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(CustomFields, A31_ValuesAreOfTheTypesThatAreDefined) {
  Define("tier", kTier);
  Define("seats", "type: INTEGER min_value: 1 max_value: 500");
  Define("code", "type: TEXT pattern: '[A-Z]{3}'");
  Define("due", "type: DATE");

  const auto lead = MakeLead(
      "ada", absl::StrCat(Tier("gold"), Int("seats", 12), Text("code", "ABC"),
                          "custom_fields { key: 'due' value { date_value: "
                          "'2026-02-28' } }"));
  const auto refused = MakeLead(
      "bob", absl::StrCat(Tier("lead"), Int("seats", 501), Text("code", "abc"),
                          Text("other", "x"),
                          "custom_fields { key: 'due' value { date_value: "
                          "'2026-02-29' } }"));
  const auto mistyped = MakeLead("cyd", Text("seats", "12"));

  ASSERT_THAT(lead, IsOk());
  EXPECT_EQ(lead->custom_fields().at("seats").int_value(), 12);
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      Violations(refused.status()),
      ElementsAre("lead.custom_fields.code: must match '[A-Z]{3}'.",
                  "lead.custom_fields.due: must be a day of the calendar, as "
                  "'2026-05-31'.",
                  "lead.custom_fields.other: is not a field that is defined "
                  "and active.",
                  "lead.custom_fields.seats: must be at most 500.",
                  "lead.custom_fields.tier: must be one of the field's "
                  "options."));
  EXPECT_THAT(
      Violations(mistyped.status()),
      ElementsAre("lead.custom_fields.seats: must be given as 'int_value'."));
}

TEST_F(CustomFields, A31_ADraftIsNoFieldYetAndNoRestartIsNeeded) {
  const auto draft = Draft("tier", kTier);
  ASSERT_THAT(draft, IsOk());
  const auto before = MakeLead("ada", Tier("gold"));
  ASSERT_THAT(Activate(draft->name()), IsOk());
  const auto after = MakeLead("ada", Tier("gold"));

  EXPECT_THAT(Violations(before.status()),
              ElementsAre("lead.custom_fields.tier: is not a field that is "
                          "defined and active."));
  EXPECT_THAT(after, IsOk());
}

TEST_F(CustomFields, A31_AnUpdateMaskNamesOneField) {
  Define("tier", kTier);
  Define("seats", "type: INTEGER");
  ASSERT_THAT(MakeLead("ada", absl::StrCat(Tier("gold"), Int("seats", 1))),
              IsOk());

  const auto changed =
      UpdateLead("ada", Int("seats", 2), "custom_fields.seats");
  const auto cleared = UpdateLead("ada", "", "custom_fields.tier");

  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->custom_fields().at("seats").int_value(), 2);
  EXPECT_EQ(changed->custom_fields().at("tier").option_value(), "gold");
  ASSERT_THAT(cleared, IsOk());
  EXPECT_FALSE(cleared->custom_fields().contains("tier"));
  EXPECT_EQ(cleared->custom_fields().at("seats").int_value(), 2);
}

TEST_F(CustomFields, A31_RequiredValuesAndDefaults) {
  Define("tier", absl::StrCat(kTier, "required: true"));
  Define("seats",
         "type: INTEGER required: true default_value { int_value: 5 }");

  const auto refused = MakeLead("ada", "");
  const auto made = MakeLead("ada", Tier("gold"));
  const auto cleared = UpdateLead("ada", "", "custom_fields.tier");

  EXPECT_THAT(Violations(refused.status()),
              ElementsAre("lead.custom_fields.tier: is required."));
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->custom_fields().at("seats").int_value(), 5);
  EXPECT_THAT(Violations(cleared.status()),
              ElementsAre("lead.custom_fields.tier: is required."));
}

TEST_F(CustomFields, A31_OneLiveResourceHoldsAUniqueValue) {
  Define("code", "type: TEXT max_length: 20 unique: true");
  ASSERT_THAT(MakeLead("ada", Text("code", "A")), IsOk());

  const auto taken = MakeLead("bob", Text("code", "A"));
  ASSERT_THAT((Call<v1::Lead, v1::DeleteLeadRequest>("LeadService.DeleteLead",
                                                     "name: 'leads/ada'")),
              IsOk());
  const auto free = MakeLead("bob", Text("code", "A"));
  const auto restored = Call<v1::Lead, v1::UndeleteLeadRequest>(
      "LeadService.UndeleteLead", "name: 'leads/ada'");
  const auto other = UpdateLead("bob", Text("code", "B"), "custom_fields.code");
  const auto again = Call<v1::Lead, v1::UndeleteLeadRequest>(
      "LeadService.UndeleteLead", "name: 'leads/ada'");

  EXPECT_THAT(taken,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr("leads/ada"));
  EXPECT_THAT(free, IsOk());
  EXPECT_THAT(restored,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(other, IsOk());
  EXPECT_THAT(again, IsOk());
}

TEST_F(CustomFields, A31_AValueHasFourKiBAtMost) {
  Define("note", "type: TEXT");

  const auto most = MakeLead("ada", Text("note", std::string(4096, 'x')));
  const auto more = MakeLead("bob", Text("note", std::string(4097, 'x')));
  std::string wide;
  for (int i = 0; i < 1366; ++i) wide += "\xE2\x82\xAC";
  const auto wider = MakeLead("cyd", Text("note", wide));

  EXPECT_THAT(most, IsOk());
  EXPECT_THAT(more,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Violations(wider.status()),
              ElementsAre("lead.custom_fields.note: must have at most 4096 "
                          "bytes."));
}

TEST_F(CustomFields, A31_ATypeHasTwoHundredActiveFieldsAtMost) {
  std::vector<std::string> names;
  for (int i = 0; i < 201; ++i) {
    const auto draft = Draft(absl::StrCat("field_", i), "type: TEXT");
    ASSERT_THAT(draft, IsOk());
    names.push_back(draft->name());
  }
  for (int i = 0; i < 200; ++i) ASSERT_THAT(Activate(names[i]), IsOk());

  EXPECT_THAT(
      Activate(names[200]),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
  std::string all;
  for (int i = 0; i < 200; ++i)
    absl::StrAppend(&all, Text(absl::StrCat("field_", i), "x"));
  EXPECT_THAT(MakeLead("ada", all), IsOk());
}

TEST_F(CustomFields, A31_DefinitionsAreCheckedAndTheirTypesStay) {
  const auto bad = Call<v1::FieldDefinition, v1::CreateFieldDefinitionRequest>(
      "FieldDefinitionService.CreateFieldDefinition",
      "field_definition { display_name: 'Bad' resource_type: 'crm/Role' key: "
      "'bad' type: TEXT indexed: true pattern: '(' min_value: 1 }");
  const auto field = Define("tier", kTier);
  const auto twice = Draft("tier", "type: TEXT");
  const auto retyped = Change(field.name(), "type: TEXT", "type");
  const auto deleted =
      Call<v1::FieldDefinition, v1::DeleteFieldDefinitionRequest>(
          "FieldDefinitionService.DeleteFieldDefinition",
          absl::StrCat("name: '", field.name(), "'"));

  EXPECT_THAT(Violations(bad.status()),
              ElementsAre(HasSubstr("max_length: must be from 1 to 256"),
                          HasSubstr("min_value: goes with"),
                          HasSubstr("pattern: is no RE2 pattern"),
                          HasSubstr("resource_type: must be a resource type")));
  EXPECT_THAT(twice,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(retyped,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(deleted,
              StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_IN_USE"));
}

TEST_F(CustomFields, A31_ADeprecatedFieldFadesAndARemovedOneIsGone) {
  const auto field = Define("tier", kTier);
  ASSERT_THAT(MakeLead("ada", Tier("gold")), IsOk());
  const auto deprecated =
      Call<v1::FieldDefinition, v1::DeprecateFieldDefinitionRequest>(
          "FieldDefinitionService.DeprecateFieldDefinition",
          absl::StrCat("name: '", field.name(), "'"));
  ASSERT_THAT(deprecated, IsOk());
  const auto written = MakeLead("bob", Tier("gold"));
  const auto renamed =
      UpdateLead("ada", "display_name: 'Ada L'", "display_name");
  const auto found = Leads("custom_fields.tier = gold", "");
  const auto removed =
      Call<v1::FieldDefinition, v1::RemoveFieldDefinitionRequest>(
          "FieldDefinitionService.RemoveFieldDefinition",
          absl::StrCat("name: '", field.name(), "'"));
  ASSERT_THAT(removed, IsOk());
  const auto read = GetLead("ada");
  const auto listed = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      "LeadService.ListLeads", "");
  const auto sought = Leads("custom_fields.tier = gold", "");

  EXPECT_THAT(Violations(written.status()),
              ElementsAre("lead.custom_fields.tier: is deprecated and is not "
                          "written any more."));
  ASSERT_THAT(renamed, IsOk());
  EXPECT_EQ(renamed->custom_fields().at("tier").option_value(), "gold");
  EXPECT_THAT(found, IsOkAndHolds(ElementsAre("ada")));
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->custom_fields(), IsEmpty());
  ASSERT_THAT(listed, IsOk());
  EXPECT_THAT(listed->leads(0).custom_fields(), IsEmpty());
  EXPECT_THAT(Violations(sought.status()),
              ElementsAre(HasSubstr("There is no custom field 'tier'")));
}

TEST_F(CustomFields, OP_22_ANewFieldIsFilteredByAndOrderedByAndPaged) {
  Define("tier", absl::StrCat(kTier, "indexed: true"));
  Define("seats", "type: INTEGER indexed: true");
  Define("tags",
         "type: OPTIONS options { id: 'vip' display_name: 'VIP' } options { "
         "id: 'eu' display_name: 'EU' }");
  ASSERT_THAT(MakeLead("ada", absl::StrCat(Tier("gold"), Int("seats", 12))),
              IsOk());
  ASSERT_THAT(MakeLead("bob", absl::StrCat(Tier("gold"), Int("seats", 3))),
              IsOk());
  ASSERT_THAT(MakeLead("cyd", Tier("silver")), IsOk());
  ASSERT_THAT(
      MakeLead("dan", absl::StrCat(Int("seats", 30),
                                   "custom_fields { key: 'tags' value { "
                                   "options_value { options: 'vip' } } }")),
      IsOk());
  ASSERT_THAT(MakeLead("eve", ""), IsOk());

  EXPECT_THAT(
      Leads("custom_fields.tier = \"gold\" AND custom_fields.seats > 10", ""),
      IsOkAndHolds(ElementsAre("ada")));
  EXPECT_THAT(Leads("", "custom_fields.seats desc"),
              IsOkAndHolds(ElementsAre("dan", "ada", "bob", "eve", "cyd")));
  EXPECT_THAT(Leads("", "custom_fields.seats"),
              IsOkAndHolds(ElementsAre("cyd", "eve", "bob", "ada", "dan")));
  EXPECT_THAT(
      Leads("NOT custom_fields.tier = gold", "custom_fields.tier, name"),
      IsOkAndHolds(ElementsAre("dan", "eve", "cyd")));
  EXPECT_THAT(Leads("custom_fields:seats", "name"),
              IsOkAndHolds(ElementsAre("ada", "bob", "dan")));
  EXPECT_THAT(
      Leads("custom_fields.tags:vip OR custom_fields.tier = silver", ""),
      IsOkAndHolds(ElementsAre("cyd", "dan")));
  EXPECT_THAT(Violations(Leads("custom_fields.other = 1", "").status()),
              ElementsAre(HasSubstr("There is no custom field 'other'")));
  EXPECT_THAT(Leads("custom_fields.seats = many", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Leads("", "custom_fields.tags"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(CustomFields, OP_22_AReferenceLeadsToCustomFields) {
  ASSERT_THAT((Call<v1::FieldDefinition, v1::CreateFieldDefinitionRequest>(
                  "FieldDefinitionService.CreateFieldDefinition",
                  "field_definition_id: 'customer-tier' field_definition { "
                  "display_name: 'Tier' resource_type: 'crm/Customer' key: "
                  "'tier' type: TEXT }")),
              IsOk());
  ASSERT_THAT(Activate("fieldDefinitions/customer-tier"), IsOk());
  ASSERT_THAT((Call<v1::Customer, v1::CreateCustomerRequest>(
                  "CustomerService.CreateCustomer",
                  absl::StrCat("customer_id: 'acme' customer { display_name: "
                               "'Acme' kind: ORGANISATION ",
                               Text("tier", "gold"), "}"))),
              IsOk());
  ASSERT_THAT(MakeLead("ada", "customer: 'customers/acme'"), IsOk());
  ASSERT_THAT(MakeLead("bob", ""), IsOk());

  EXPECT_THAT(Leads("customer.custom_fields.tier = gold", ""),
              IsOkAndHolds(ElementsAre("ada")));
}

TEST_F(CustomFields, OP_22_ChangesOfAFieldAreAudited) {
  Define("seats", "type: INTEGER");
  ASSERT_THAT(MakeLead("ada", Int("seats", 1)), IsOk());
  ASSERT_THAT(UpdateLead("ada", Int("seats", 2), "custom_fields.seats"),
              IsOk());

  const auto entries =
      service_.client().Call<platform::v1::ListAuditEntriesResponse>(
          "crm.platform.v1.AuditService.ListAuditEntries",
          Proto<platform::v1::ListAuditEntriesRequest>(
              "filter: 'resource = \"leads/ada\"' order_by: 'name desc'"),
          {.token = authority_.Token("acme", "user:ann", {"auditor"})});

  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->audit_entries_size(), 2);
  EXPECT_THAT(entries->audit_entries(0).changed_fields(),
              ElementsAre("custom_fields.seats"));
}

TEST_F(CustomFields, A31_AnIndexIsBuiltForWhatWasThereBefore) {
  const auto field = Define("seats", "type: INTEGER");
  constexpr int kLeads = 1'200;
  for (int from = 0; from < kLeads; from += 400) {
    v1::BatchCreateLeadsRequest batch;
    for (int i = from; i < from + 400; ++i) {
      auto& request = *batch.add_requests();
      request.set_lead_id(absl::StrCat("lead-", 10'000 + i));
      request.mutable_lead()->set_display_name("Lead");
      (*request.mutable_lead()->mutable_custom_fields())["seats"].set_int_value(
          kLeads - i);
    }
    ASSERT_THAT(Send<v1::BatchCreateLeadsResponse>(
                    "LeadService.BatchCreateLeads", batch),
                IsOk());
  }

  const auto changed = Change(field.name(), "indexed: true", "indexed");
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->index_state(), v1::FieldDefinition::BUILDING);
  EXPECT_THAT(Leads("custom_fields.seats <= 2", ""),
              IsOkAndHolds(ElementsAre("lead-11198", "lead-11199")));
  AwaitIndex(field.name());
  const auto ordered = Leads("", "custom_fields.seats", 500);

  ASSERT_THAT(ordered, IsOk());
  ASSERT_EQ(ordered->size(), kLeads);
  EXPECT_EQ(ordered->front(), "lead-11199");
  EXPECT_EQ(ordered->back(), "lead-10000");
}

TEST_F(CustomFields, A31_ADuplicateThatWasThereBeforeIsCountedAndStays) {
  const auto field = Define("code", "type: TEXT max_length: 9");
  for (const char* id : {"ada", "bob", "cyd"}) {
    ASSERT_THAT(MakeLead(id, Text("code", "A")), IsOk());
  }

  ASSERT_THAT(Change(field.name(), "unique: true", "unique"), IsOk());
  AwaitIndex(field.name());
  const auto built = Call<v1::FieldDefinition, v1::GetFieldDefinitionRequest>(
      "FieldDefinitionService.GetFieldDefinition",
      absl::StrCat("name: '", field.name(), "'"));

  ASSERT_THAT(built, IsOk());
  EXPECT_EQ(built->conflict_count(), 2);
  EXPECT_THAT(MakeLead("dan", Text("code", "A")),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
}

TEST_F(CustomFields, OP_22_AFieldThatNamesAResourceLeadsOnToIt) {
  for (const char* key : {"home", "x_home"}) {
    Define(key, absl::StrCat("type: REFERENCE reference_type: 'crm/Customer'",
                             key[0] == 'x' ? " indexed: true" : ""));
  }
  for (const auto& [id, segment] :
       {std::pair("acme", "Consumer"), std::pair("beta", "Corporate")}) {
    ASSERT_THAT(
        (Call<v1::Customer, v1::CreateCustomerRequest>(
            "CustomerService.CreateCustomer",
            absl::StrCat("customer_id: '", id, "' customer { display_name: '",
                         id, "' kind: ORGANISATION segment: '", segment,
                         "' }"))),
        IsOk());
  }
  const auto home = [](absl::string_view id) {
    std::string values;
    for (const char* key : {"home", "x_home"}) {
      absl::StrAppend(&values, "custom_fields { key: '", key,
                      "' value { reference_value: 'customers/", id, "' } } ");
    }
    return values;
  };
  ASSERT_THAT(MakeLead("ada", home("acme")), IsOk());
  ASSERT_THAT(MakeLead("bob", home("beta")), IsOk());
  ASSERT_THAT(MakeLead("cyd", ""), IsOk());

  for (const char* key : {"home", "x_home"}) {
    SCOPED_TRACE(key);
    const std::string segment =
        absl::StrCat("custom_fields.", key, ".segment = \"Consumer\"");
    EXPECT_THAT(Leads(segment, ""), IsOkAndHolds(ElementsAre("ada")));
    EXPECT_THAT(Leads(absl::StrCat("NOT ", segment), ""),
                IsOkAndHolds(ElementsAre("bob", "cyd")));
  }
  ASSERT_THAT((Call<v1::Customer, v1::DeleteCustomerRequest>(
                  "CustomerService.DeleteCustomer", "name: 'customers/acme'")),
              IsOk());
  EXPECT_THAT(Leads("custom_fields.x_home.segment = \"Consumer\"", ""),
              IsOkAndHolds(IsEmpty()));
}

TEST_F(CustomFields, OP_22_OrdersNeedAnIndexAsWithBuiltInFields) {
  Define("seats", "type: INTEGER");

  const auto custom = Leads("", "custom_fields.seats");
  const auto built_in = Leads("", "uid");

  for (const absl::Status& status : {custom.status(), built_in.status()}) {
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(
        Violations(status),
        ElementsAre(HasSubstr("does not exist or cannot be ordered by")));
  }
}

}  // namespace
}  // namespace crm::testing
