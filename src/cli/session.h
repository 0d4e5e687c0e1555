// Session: a client of a penstock server (or AWS) for the subcommands. Blocking calls over the
// typed clients.
#pragma once

#include <memory>
#include <string>

#include "async/executor.h"
#include "async/gate.h"
#include "base/clock.h"
#include "net/client.h"
#include "protocol/context.h"
#include "protocol/remote_caller.h"

namespace CLI {
class App;
}

namespace penstock::cli {

struct Target {
  std::string url;     // Empty: AWS_ENDPOINT_URL, else http://127.0.0.1:4566.
  std::string region;  // Empty: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1.
};
void add_target_flags(CLI::App& command, Target& target);

class Session {
 public:
  explicit Session(Target target);

  // A client of any service: session.client<dynamodb::Client>().
  template <typename Client>
  Client client() {
    return Client(*caller_);
  }
  protocol::Context context() const;
  const std::string& url() const { return target_.url; }
  const std::string& region() const { return target_.region; }
  Runtime& runtime() { return runtime_; }
  net::HttpClient& http() { return *http_; }

  // Runs a coroutine to its end from the calling thread.
  template <typename T>
  T run(Task<T> task) {
    return block_on(runtime_.next_loop(), std::move(task));
  }
  // GET of one of penstock's own paths; the body, or why not.
  Result<std::string> get(const std::string& path);

 private:
  Target target_;
  SystemClock clock_;
  Runtime runtime_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<protocol::RemoteCaller> caller_;
};

// "Code: message", for people.
std::string describe(const protocol::ApiError& error);

}  // namespace penstock::cli
