// Who may do what with the objects of which type, and where else they are
// seen: in searches, watches, exports and the audit trail, until they are gone.

#include <string>
#include <thread>
#include <vector>

#include "crm/operational/v1/object_bulk.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "google/longrunning/operations.pb.h"
#include "tests/conformance/objects_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::google::longrunning::Operation;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CustomObjectsAccess : public CustomObjects {
 protected:
  CustomObjectsAccess()
      : admin_(authority_.Token("acme", "user:root", {"tenant_admin"})),
        eve_(authority_.Token("acme", "user:eve", {})) {}

  void SetUp() override {
    ASSERT_THAT(MakeType("vehicles"), IsOk());
    ASSERT_THAT(MakeType("sites"), IsOk());
    DefineOf("vehicles", "region",
             "type: TEXT max_length: 20 searchable: true");
    DefineOf("sites", "region", "type: TEXT");
    ASSERT_THAT(MakeObject("vehicles/van", Text("region", "westward")), IsOk());
    ASSERT_THAT(MakeObject("vehicles/bus", Text("region", "eastward")), IsOk());
    ASSERT_THAT(MakeObject("sites/yard", Text("region", "westward")), IsOk());
  }

  // Gives eve a role of these permissions on the rows of `expression`.
  void GiveEve(absl::string_view permissions, absl::string_view expression) {
    ASSERT_THAT((As<v1::Role, v1::CreateRoleRequest>(
                    admin_, "RoleService.CreateRole",
                    absl::StrCat("role_id: 'scout' role { display_name: "
                                 "'Scout' grants { ",
                                 permissions,
                                 " scope: EXPRESSION expression: ", expression,
                                 " } grants { permissions: "
                                 "'changes.watch' permissions: "
                                 "'objectTypes.get' permissions: "
                                 "'resources.search' } }"))),
                IsOk());
    ASSERT_THAT((As<v1::User, v1::CreateUserRequest>(
                    admin_, "UserService.CreateUser",
                    "user { display_name: 'Eve' subject: 'user:eve' roles: "
                    "'scout' }")),
                IsOk());
  }

  std::vector<std::string> Found(absl::string_view query,
                                 absl::string_view filter,
                                 const std::string& token) {
    platform::v1::SearchRequest request;
    request.set_query(std::string(query));
    request.add_resource_types("crm/Object");
    request.set_filter(std::string(filter));
    const auto response = service_.client().Call<platform::v1::SearchResponse>(
        "crm.platform.v1.SearchService.Search", request, {.token = token});
    EXPECT_THAT(response, IsOk());
    std::vector<std::string> names;
    if (!response.ok()) return names;
    for (const auto& result : response->results()) {
      names.push_back(result.name());
    }
    return names;
  }

  // Runs the operation that a bulk method starts to its end.
  template <typename Request>
  Operation Run(absl::string_view method, absl::string_view request) {
    auto operation = Call<Operation, Request>(method, request);
    EXPECT_THAT(operation, IsOk());
    while (operation.ok() && !operation->done()) {
      platform::v1::GetOperationRequest get;
      get.set_name(operation->name());
      operation = service_.client().Call<Operation>(
          "crm.platform.v1.Operations.GetOperation", get, {.token = token_});
      std::this_thread::yield();
    }
    return operation.value_or(Operation());
  }

  std::string Output(const Operation& operation) {
    platform::v1::ReadOperationOutputRequest read;
    read.set_name(operation.name());
    const auto output =
        service_.client().Call<platform::v1::ReadOperationOutputResponse>(
            "crm.platform.v1.Operations.ReadOperationOutput", read,
            {.token = token_});
    EXPECT_THAT(output, IsOk());
    return output.ok() ? output->content() : "";
  }

  const std::string admin_;
  const std::string eve_;
};

constexpr char kAll[] =
    "permissions: 'objects.get' permissions: 'objects.list' permissions: "
    "'objects.create' permissions: 'objects.update'";

TEST_F(CustomObjectsAccess, A32_RolesGrantOneTypeAndNotAnother) {
  GiveEve(kAll, "'object_type = \"objectTypes/vehicles\"'");

  EXPECT_THAT(GetObject("vehicles/van", eve_), IsOk());
  EXPECT_THAT(GetObject("sites/yard", eve_),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Objects("-", "", "", 50, eve_),
              IsOkAndHolds(ElementsAre("vehicles/bus", "vehicles/van")));
  EXPECT_THAT(Objects("sites", "", "", 50, eve_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(MakeObject("vehicles/cab", "", eve_), IsOk());
  EXPECT_THAT(
      MakeObject("sites/lot", "", eve_),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
  EXPECT_THAT(
      UpdateObject("sites/yard", Text("region", "x"), "custom_fields", eve_),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(CustomObjectsAccess, A32_RolesCompareTheFieldsOfObjects) {
  GiveEve(kAll, "'custom_fields.region = \"west*\"'");

  EXPECT_THAT(Objects("vehicles", "", "", 50, eve_),
              IsOkAndHolds(ElementsAre("vehicles/van")));
  EXPECT_THAT(GetObject("vehicles/bus", eve_),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(
      MakeObject("vehicles/cab", Text("region", "north"), eve_),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
}

TEST_F(CustomObjectsAccess, A32_ObjectsAreFoundByWordsAsFarAsTheyAreShown) {
  GiveEve(kAll, "'object_type = \"objectTypes/sites\"'");

  EXPECT_THAT(Found("westward", "", token_),
              ElementsAre(NameOf("vehicles/van")));
  EXPECT_THAT(Found("yard", "", token_), ElementsAre(NameOf("sites/yard")));
  EXPECT_THAT(Found("eastward", "custom_fields.region = eastward", token_),
              ElementsAre(NameOf("vehicles/bus")));
  EXPECT_THAT(Found("eastward", "custom_fields.region = westward", token_),
              IsEmpty());
  EXPECT_THAT(Found("westward", "", eve_), IsEmpty());
  EXPECT_THAT(Found("yard", "", eve_), ElementsAre(NameOf("sites/yard")));
}

TEST_F(CustomObjectsAccess, A32_AFieldThatBecomesSearchableIsTakenIn) {
  const auto note = DefineOf("sites", "note", "type: TEXT");
  ASSERT_THAT(
      UpdateObject("sites/yard", Text("note", "gravelled"), "custom_fields"),
      IsOk());
  ASSERT_THAT(Change(note.name(), "searchable: true", "searchable"), IsOk());

  while (Found("gravelled", "", token_).empty()) std::this_thread::yield();

  EXPECT_THAT(Found("gravelled", "", token_),
              ElementsAre(NameOf("sites/yard")));
  EXPECT_THAT(Found("westward", "", token_),
              ElementsAre(NameOf("vehicles/van")));
}

TEST_F(CustomObjectsAccess, A32_ObjectsAreWatchedAsFarAsTheyAreShown) {
  GiveEve(kAll, "'object_type = \"objectTypes/sites\"'");
  ASSERT_THAT(
      UpdateObject("vehicles/van", Text("region", "north"), "custom_fields"),
      IsOk());
  ASSERT_THAT(
      UpdateObject("sites/yard", Text("region", "south"), "custom_fields"),
      IsOk());
  // Returns the first change of a region that `token` sees.
  const auto watched = [&](const std::string& token) {
    const auto stream = service_.client().Open(
        "crm.platform.v1.ChangeService.Watch",
        Proto<platform::v1::WatchRequest>(
            "resource_types: 'crm/Object' from_beginning: true filter: "
            "'changed_fields:\"custom_fields.region\" AND type = "
            "object.updated'"),
        {.token = token});
    for (;;) {
      const auto message = stream->Next();
      if (message == nullptr) {
        ADD_FAILURE() << "the stream has ended";
        return platform::v1::Change();
      }
      const auto& change = static_cast<const platform::v1::Change&>(*message);
      if (!change.event_id().empty()) return change;
    }
  };

  const platform::v1::Change all = watched(token_);
  const platform::v1::Change some = watched(eve_);

  EXPECT_EQ(all.resource(), NameOf("vehicles/van"));
  EXPECT_EQ(some.resource(), NameOf("sites/yard"));
  v1::Object after;
  ASSERT_TRUE(after.ParseFromString(some.after()));
  EXPECT_EQ(after.custom_fields().at("region").string_value(), "south");
}

TEST_F(CustomObjectsAccess, A32_ObjectsAreExportedAndLeaveTheTrailOfAChange) {
  const Operation operation = Run<v1::ExportObjectsRequest>(
      "ObjectBulkService.ExportObjects",
      "parent: 'objectTypes/vehicles' filter: 'custom_fields.region = "
      "eastward'");
  const std::string output = Output(operation);
  ASSERT_THAT(
      UpdateObject("vehicles/van", Text("region", "north"), "custom_fields"),
      IsOk());
  const auto entries =
      service_.client().Call<platform::v1::ListAuditEntriesResponse>(
          "crm.platform.v1.AuditService.ListAuditEntries",
          Proto<platform::v1::ListAuditEntriesRequest>(
              absl::StrCat("filter: 'resource = \"", NameOf("vehicles/van"),
                           "\"' order_by: 'name desc'")),
          {.token = authority_.Token("acme", "user:ann", {"auditor"})});

  EXPECT_THAT(output, HasSubstr("\"region\":{\"stringValue\":\"eastward\"}"));
  EXPECT_THAT(output, Not(HasSubstr("westward")));
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->audit_entries_size(), 2);
  EXPECT_THAT(entries->audit_entries(0).changed_fields(),
              ElementsAre("custom_fields.region"));
}

TEST_F(CustomObjectsAccess, A32_AnExportHasTheColumnsOfItsType) {
  DefineOf("vehicles", "weight", "type: INTEGER");
  DefineOf("sites", "weight", "type: TEXT");
  ASSERT_THAT(
      UpdateObject("vehicles/van", Int("weight", 7), "custom_fields.weight"),
      IsOk());
  const char* const plan =
      "plan { format: CSV columns { field: 'display_name' column: 'Name' } "
      "columns { field: 'custom_fields.weight' column: 'Weight' } }";

  const Operation operation = Run<v1::ExportObjectsRequest>(
      "ObjectBulkService.ExportObjects",
      absl::StrCat("parent: 'objectTypes/vehicles' ", plan));
  // In all types together the key means nothing.
  const auto of_all = Call<Operation, v1::ExportObjectsRequest>(
      "ObjectBulkService.ExportObjects",
      absl::StrCat("parent: 'objectTypes/-' ", plan));

  EXPECT_EQ(Output(operation),
            "\"Name\",\"Weight\"\r\n\"bus\",\"\"\r\n\"van\",\"7\"\r\n");
  EXPECT_THAT(Violations(of_all.status()),
              ElementsAre(HasSubstr("plan.columns[1].field")));
}

TEST_F(CustomObjectsAccess, A32_AFieldThatIsRemovedIsShownNowhere) {
  const auto gone = DefineOf("vehicles", "margin", "type: INTEGER");
  DefineOf("sites", "margin", "type: INTEGER");
  for (const char* id : {"vehicles/van", "sites/yard"}) {
    ASSERT_THAT(UpdateObject(id, Int("margin", 7), "custom_fields.margin"),
                IsOk());
  }
  for (const char* verb : {"Deprecate", "Remove"}) {
    ASSERT_THAT(
        (As<v1::FieldDefinition, v1::RemoveFieldDefinitionRequest>(
            admin_,
            absl::StrCat("FieldDefinitionService.", verb, "FieldDefinition"),
            absl::StrCat("name: '", gone.name(), "'"))),
        IsOk());
  }

  const auto van = GetObject("vehicles/van");
  const auto yard = GetObject("sites/yard");

  ASSERT_THAT(van, IsOk());
  EXPECT_FALSE(van->custom_fields().contains("margin"));
  EXPECT_TRUE(van->custom_fields().contains("region"));
  ASSERT_THAT(yard, IsOk());
  EXPECT_TRUE(yard->custom_fields().contains("margin"));
  // Neither does a filter over all types tell what is in the rows still.
  EXPECT_THAT(Objects("sites", "custom_fields.margin = 7"),
              IsOkAndHolds(ElementsAre("sites/yard")));
  EXPECT_THAT(Violations(Objects("-", "custom_fields.margin = 7").status()),
              ElementsAre(HasSubstr("There is no custom field 'margin'")));
}

TEST_F(CustomObjectsAccess, A32_APurgeLeavesTheObjectsOfOtherTypes) {
  const auto purge = [&](absl::string_view parent) {
    return Run<v1::PurgeObjectsRequest>(
        "ObjectBulkService.PurgeObjects",
        absl::StrCat("parent: 'objectTypes/", parent,
                     "' filter: 'custom_fields.region:*' force: true"));
  };

  EXPECT_FALSE(purge("vehicles").has_error());

  EXPECT_THAT(Objects("-"), IsOkAndHolds(ElementsAre("sites/yard")));
  EXPECT_THAT(Found("westward", "", token_), IsEmpty());
}

}  // namespace
}  // namespace crm::testing
