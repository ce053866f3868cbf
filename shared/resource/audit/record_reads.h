// Has handlers that show personal data say so to the audit trail.

#ifndef CRM_SHARED_RESOURCE_AUDIT_RECORD_READS_H_
#define CRM_SHARED_RESOURCE_AUDIT_RECORD_READS_H_

#include "google/protobuf/descriptor.h"
#include "shared/call/call.h"
#include "shared/resource/audit/read_log.h"

namespace crm {

// Returns whether messages of `type`, or those in them, have a field that
// erasure of a person removes.
bool HoldsPersonalData(const google::protobuf::Descriptor& type);

// Returns `binding`, recording in `log` what it answers; as it is where it
// shows no personal data, or changes something and so leaves an entry anyway. A
// stream is recorded when it begins. `log` outlives the binding.
MethodBinding RecordReads(ReadLog& log, MethodBinding binding);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_RECORD_READS_H_
