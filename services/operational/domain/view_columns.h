// What a view shows of each resource.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_COLUMNS_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_COLUMNS_H_

#include <map>
#include <set>
#include <string>

#include "crm/operational/v1/view.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm::operational {

// The columns of a view, for resources of its type. Immutable.
class ViewColumns {
 public:
  // Columns that `type` does not have are passed over.
  ViewColumns(const v1::View& view, const google::protobuf::Descriptor* type);

  // Clears in `resource`, which is of the type, all but its name and the
  // columns; nothing if there are no columns. Of a message or map that a column
  // leads into it keeps that part alone.
  void Show(google::protobuf::Message& resource) const;

 private:
  // What is kept of a message.
  struct Part {
    bool whole = false;
    std::map<const google::protobuf::FieldDescriptor*, Part> fields;
    // Of a map, the keys.
    std::set<std::string> keys;
  };

  static void Keep(const Part& part, google::protobuf::Message& message);
  static void KeepKeys(const std::set<std::string>& keys,
                       const google::protobuf::FieldDescriptor* map,
                       google::protobuf::Message& message);

  bool all_;
  Part shown_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_COLUMNS_H_
