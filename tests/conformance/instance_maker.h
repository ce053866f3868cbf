// Makes valid resources of any type from its descriptor alone: what a rule asks
// for is read off the annotations. The few rules that annotations do not state
// are in one table, in the .cc.

#ifndef CRM_TESTS_CONFORMANCE_INSTANCE_MAKER_H_
#define CRM_TESTS_CONFORMANCE_INSTANCE_MAKER_H_

#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm::testing {

// Makes messages no two of which are alike. Thread-compatible.
class InstanceMaker {
 public:
  // Returns the name of an existing resource of `type` (`crm/Customer`) that a
  // field may refer to.
  using Refer = std::function<std::string(const std::string& type)>;

  explicit InstanceMaker(Refer refer) : refer_(std::move(refer)) {}

  // Returns a message of `type` with all that is required, and labels where the
  // type has them.
  std::unique_ptr<google::protobuf::Message> Make(
      const google::protobuf::Descriptor* type);

  // Sets `field` of `message` to a valid value that it did not have.
  void Fill(google::protobuf::Message& message,
            const google::protobuf::FieldDescriptor* field);

  // Returns a number that was not returned before.
  int NextNumber() { return ++last_number_; }

 private:
  std::string TextFor(const google::protobuf::FieldDescriptor* field);
  void FillRequired(google::protobuf::Message& message);

  Refer refer_;
  int last_number_ = 0;
};

// Sets `field`, which is not repeated, to some value that no server gives it,
// whatever the rules. Returns false for a type that it knows no value of.
bool Forge(google::protobuf::Message& message,
           const google::protobuf::FieldDescriptor* field);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_INSTANCE_MAKER_H_
