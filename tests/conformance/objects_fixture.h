// The fixture of the tests of object types: short ways to define them and their
// fields, and to write objects.

#ifndef CRM_TESTS_CONFORMANCE_OBJECTS_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_OBJECTS_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "crm/operational/v1/object_type_transitions.pb.h"
#include "tests/conformance/custom_fields_fixture.h"

namespace crm::testing {

// One tenant of one service, with the object types that a test makes.
class CustomObjects : public CustomFields {
 protected:
  absl::StatusOr<operational::v1::ObjectType> MakeType(
      absl::string_view id, absl::string_view token = "") {
    return As<operational::v1::ObjectType,
              operational::v1::CreateObjectTypeRequest>(
        token, "ObjectTypeService.CreateObjectType",
        absl::StrCat("object_type_id: '", id, "' object_type { display_name: '",
                     id, "' plural_display_name: '", id, "s' }"));
  }

  absl::StatusOr<operational::v1::ObjectType> RetireType(absl::string_view id) {
    return Call<operational::v1::ObjectType,
                operational::v1::RetireObjectTypeRequest>(
        "ObjectTypeService.RetireObjectType",
        absl::StrCat("name: 'objectTypes/", id, "'"));
  }

  // Makes a draft of a field of the objects of a type.
  absl::StatusOr<operational::v1::FieldDefinition> DraftOf(
      absl::string_view type, absl::string_view key, absl::string_view fields,
      absl::string_view token = "") {
    return As<operational::v1::FieldDefinition,
              operational::v1::CreateFieldDefinitionRequest>(
        token, "FieldDefinitionService.CreateFieldDefinition",
        absl::StrCat("field_definition { display_name: 'Field' resource_type: "
                     "'objectTypes/",
                     type, "' key: '", key, "' ", fields, " }"));
  }

  // Makes a field of the objects of a type and puts it to use.
  operational::v1::FieldDefinition DefineOf(absl::string_view type,
                                            absl::string_view key,
                                            absl::string_view fields) {
    const auto draft = DraftOf(type, key, fields);
    EXPECT_THAT(draft, IsOk()) << key;
    const auto active = Activate(draft.ok() ? draft->name() : "");
    EXPECT_THAT(active, IsOk()) << key;
    return active.value_or(operational::v1::FieldDefinition());
  }

  // `id` is that of type and object: `vehicles/van`.
  absl::StatusOr<operational::v1::Object> MakeObject(
      absl::string_view id, absl::string_view values = "",
      absl::string_view token = "") {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(id, absl::MaxSplits('/', 1));
    return As<operational::v1::Object, operational::v1::CreateObjectRequest>(
        token, "ObjectService.CreateObject",
        absl::StrCat("parent: 'objectTypes/", parts.first, "' object_id: '",
                     parts.second, "' object { display_name: '", parts.second,
                     "' ", values, " }"));
  }

  absl::StatusOr<operational::v1::Object> GetObject(
      absl::string_view id, absl::string_view token = "") {
    return As<operational::v1::Object, operational::v1::GetObjectRequest>(
        token, "ObjectService.GetObject",
        absl::StrCat("name: '", NameOf(id), "'"));
  }

  absl::StatusOr<operational::v1::Object> UpdateObject(
      absl::string_view id, absl::string_view values, absl::string_view mask,
      absl::string_view token = "") {
    return As<operational::v1::Object, operational::v1::UpdateObjectRequest>(
        token, "ObjectService.UpdateObject",
        absl::StrCat("object { name: '", NameOf(id), "' ", values,
                     " } update_mask { paths: '", mask, "' }"));
  }

  absl::StatusOr<operational::v1::Object> DeleteObject(absl::string_view id) {
    return Call<operational::v1::Object, operational::v1::DeleteObjectRequest>(
        "ObjectService.DeleteObject", absl::StrCat("name: '", NameOf(id), "'"));
  }

  // Returns type and id of the objects that match, page by page.
  absl::StatusOr<std::vector<std::string>> Objects(
      absl::string_view type, absl::string_view filter = "",
      absl::string_view order_by = "", int page_size = 2,
      absl::string_view token = "") {
    operational::v1::ListObjectsRequest request;
    request.set_parent(absl::StrCat("objectTypes/", type));
    request.set_filter(std::string(filter));
    request.set_order_by(std::string(order_by));
    request.set_page_size(page_size);
    std::vector<std::string> ids;
    do {
      CRM_ASSIGN_OR_RETURN(
          const auto page,
          service_.client().Call<operational::v1::ListObjectsResponse>(
              "crm.operational.v1.ObjectService.ListObjects", request,
              {.token = token.empty() ? token_ : std::string(token)}));
      for (const auto& object : page.objects()) {
        const std::vector<std::string> parts =
            absl::StrSplit(object.name(), '/');
        ids.push_back(absl::StrCat(parts.at(1), "/", parts.at(3)));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  // Calls with `token`, or as the one who may do everything.
  template <typename Response, typename Request>
  absl::StatusOr<Response> As(absl::string_view token, absl::string_view method,
                              absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method),
        Proto<Request>(std::string(text)),
        {.token = token.empty() ? token_ : std::string(token)});
  }

  static std::string NameOf(absl::string_view id) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(id, absl::MaxSplits('/', 1));
    return absl::StrCat("objectTypes/", parts.first, "/objects/", parts.second);
  }
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_OBJECTS_FIXTURE_H_
