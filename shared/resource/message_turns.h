// Streams both ways, served as calls that follow each other: each message is a
// request of its own, which the handler of single calls answers.

#ifndef CRM_SHARED_RESOURCE_MESSAGE_TURNS_H_
#define CRM_SHARED_RESOURCE_MESSAGE_TURNS_H_

#include "absl/time/time.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"

namespace crm {

// The longest that the answer to one message may take.
inline constexpr absl::Duration kLongestTurn = absl::Minutes(1);

// Returns what serves a method that streams both ways by `handler`. A message
// is read when the one before has been answered and the answer has room to be
// sent. So the caller is held back by what is stored, whoever reads too little
// is asked for nothing more, and a stream has one message in memory. The first
// error ends the stream; what was answered before it stays done.
//
// Each message is parsed and checked like the request of any call.
StreamHandler ServeInTurns(const Kernel& kernel, UnaryHandler handler);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_MESSAGE_TURNS_H_
