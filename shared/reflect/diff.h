// Tells which fields of a resource a change touched.

#ifndef CRM_SHARED_REFLECT_DIFF_H_
#define CRM_SHARED_REFLECT_DIFF_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace crm {

// Returns the names of the fields in which `before` and `after`, messages of
// one type, differ, in the order of the message. The fields that every change
// touches (etag, update_time, updater) are left out.
std::vector<std::string> ChangedFields(const google::protobuf::Message& before,
                                       const google::protobuf::Message& after);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_DIFF_H_
