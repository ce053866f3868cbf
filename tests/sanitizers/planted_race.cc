// Races of the kinds that our concurrent components could have, planted for
// ThreadSanitizer to find.
//
//   planted_race counter|queue|callback

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

namespace {

// A statistic that somebody forgot to make atomic.
void RaceOnACounter() {
  int count = 0;
  std::thread writer([&] { ++count; });
  ++count;
  writer.join();
}

// A queue whose size is read without its lock.
void RaceOnAQueue() {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<int> queue;
  std::thread taker([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !queue.empty(); });
    queue.pop_front();
  });
  {
    const std::lock_guard lock(mutex);
    queue.push_back(1);
  }
  changed.notify_one();
  std::cout << queue.size() << "\n";
  taker.join();
}

// A callback that is replaced while another thread calls it.
void RaceOnACallback() {
  int called = 0;
  std::function<void()> callback = [&] { ++called; };
  std::thread caller([&] {
    if (callback) callback();
  });
  callback = nullptr;
  caller.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  if (kind == "counter") {
    RaceOnACounter();
  } else if (kind == "queue") {
    RaceOnAQueue();
  } else if (kind == "callback") {
    RaceOnACallback();
  } else {
    std::cerr << "Usage: planted_race counter|queue|callback\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
