// What the kernel knows of each RPC, read from descriptors at start-up: its
// verb, the resource it works on, the permission it needs.
//
//   rpc ConvertLead(ConvertLeadRequest) returns (ConvertLeadResponse)
//   -> {path "/crm.operational.v1.LeadService/ConvertLead", verb kCustom,
//       resource crm.operational.v1.Lead, permission "leads.convert", mutating}

#ifndef CRM_SHARED_CALL_METHOD_TABLE_H_
#define CRM_SHARED_CALL_METHOD_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace crm {

// The standard methods of AIP-131 to 135, 153, 164, 165 and 231 to 235, and
// everything else.
enum class Verb {
  kGet,
  kList,
  kCreate,
  kUpdate,
  kDelete,
  kUndelete,
  kBatchGet,
  kBatchCreate,
  kBatchUpdate,
  kBatchDelete,
  kPurge,
  kExport,
  kCustom,
};

// One RPC.
struct MethodInfo {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // The path on the wire, as `/crm.operational.v1.LeadService/GetLead`.
  std::string path;
  // The permission of the method's annotation.
  std::string permission;
  Verb verb = Verb::kCustom;
  // The resource message; null for a method that works on none.
  const google::protobuf::Descriptor* resource = nullptr;
  // Whether the method changes something: its request has a `request_id`.
  bool mutating = false;
};

// The RPCs of some services, by path. Immutable.
class MethodTable {
 public:
  // Reads the methods of `services`. Returns FAILED_PRECONDITION that names
  // every method without an http rule or a permission, and every one that
  // streams from the client alone, not both ways.
  static absl::StatusOr<MethodTable> Build(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // Returns the method at `path`, or null.
  const MethodInfo* Find(absl::string_view path) const;

  // Returns the method whose request is `request`, or null: each method has a
  // request message of its own.
  const MethodInfo* FindByRequest(
      const google::protobuf::Descriptor* request) const;

  const std::map<std::string, MethodInfo, std::less<>>& methods() const {
    return methods_;
  }

 private:
  std::map<std::string, MethodInfo, std::less<>> methods_;
  std::map<const google::protobuf::Descriptor*, const MethodInfo*> by_request_;
};

}  // namespace crm

#endif  // CRM_SHARED_CALL_METHOD_TABLE_H_
