// The standard methods of one resource type, called through gRPC by what the
// descriptors say of them.

#ifndef CRM_TESTS_CONFORMANCE_RESOURCE_API_H_
#define CRM_TESTS_CONFORMANCE_RESOURCE_API_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/method_table.h"
#include "shared/resource/catalog.h"
#include "tests/support/api_client.h"

namespace crm::testing {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// Calls the methods of one resource. Thread-safe.
class ResourceApi {
 public:
  // All outlive this. `methods` are those of the resource's service.
  ResourceApi(ApiClient& client, const MethodTable& methods,
              const Resource& resource);

  const Resource& resource() const { return resource_; }
  // Returns the method of `verb`, or null if the resource has none.
  const MethodInfo* Find(Verb verb) const;
  bool Has(Verb verb) const { return Find(verb) != nullptr; }
  // All methods that work on the resource, its own verbs among them.
  const std::vector<const MethodInfo*>& methods() const { return methods_; }

  // The request's field for the resource, as `rfm_snapshot`.
  const std::string& field() const { return field_; }
  // The request's field for a new resource's id.
  std::string id_field() const { return field_ + "_id"; }

  // Returns an empty request of `verb`.
  MessagePtr Request(Verb verb) const;
  // Returns a request that creates `instance`.
  MessagePtr CreateRequest(const google::protobuf::Message& instance,
                           absl::string_view parent,
                           absl::string_view id = "") const;
  // Returns a request of `verb` that names `name`.
  MessagePtr NameRequest(Verb verb, absl::string_view name) const;
  // Returns a request that updates to `update`; the mask may be empty.
  MessagePtr UpdateRequest(const google::protobuf::Message& update,
                           const std::vector<std::string>& mask = {}) const;
  // Returns a batch request of `verb` with these items.
  MessagePtr BatchRequest(Verb verb, absl::string_view parent,
                          const std::vector<MessagePtr>& requests) const;
  // Returns a List request.
  MessagePtr ListRequest(absl::string_view parent) const;

  ApiAnswer Call(Verb verb, const google::protobuf::Message& request,
                 const std::string& token) const;

  // Returns the resource called `name`.
  absl::StatusOr<MessagePtr> Get(absl::string_view name,
                                 const std::string& token) const;

  // Returns the resources of all pages of `request`.
  absl::StatusOr<std::vector<MessagePtr>> ListAll(
      const google::protobuf::Message& request, const std::string& token) const;

  // Returns copies of the resources in a List or batch response.
  std::vector<MessagePtr> Items(const google::protobuf::Message& answer) const;

 private:
  ApiClient& client_;
  const Resource& resource_;
  std::string field_;
  std::vector<const MethodInfo*> methods_;
  std::map<Verb, const MethodInfo*> by_verb_;
};

// Set fields of requests; a field that the request lacks ends the program.
void SetText(google::protobuf::Message& message, const std::string& field,
             absl::string_view value);
void SetFlag(google::protobuf::Message& message, const std::string& field);
void SetNumber(google::protobuf::Message& message, const std::string& field,
               int value);
bool HasField(const google::protobuf::Message& message,
              const std::string& field);

// Returns the message field `field` of `message`, to be changed.
google::protobuf::Message& Part(google::protobuf::Message& message,
                                const std::string& field);

MessagePtr Clone(const google::protobuf::Message& message);
std::string NameOf(const google::protobuf::Message& message);
std::vector<std::string> NamesOf(const std::vector<MessagePtr>& messages);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_RESOURCE_API_H_
