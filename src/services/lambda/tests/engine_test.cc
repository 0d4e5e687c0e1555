// The engine with real processes: what a function may do wrong, and what its caller then sees.
// Error types and texts are those recorded on AWS (Python runtime) unless a test says otherwise.
#include "services/lambda/engine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "async/gate.h"
#include "services/lambda/package.h"
#include "services/lambda/tests/zip_maker.h"

namespace penstock::lambda {
namespace {

namespace fs = std::filesystem;
using testing::make_zip;

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static int serial = 0;
    root_ = fs::temp_directory_path() /
            ("penstock_engine_" + std::to_string(::getpid()) + "_" + std::to_string(++serial));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override {
    if (engine_ != nullptr) engine_->stop();
    engine_.reset();
    std::error_code ignored;  // The engine may still be removing an instance's own /tmp.
    fs::remove_all(root_, ignored);
  }
  void start(EngineOptions options = {}) {
    options.directory = (root_ / "engine").string();
    auto engine = Engine::start(options, {runtime_, clock_, *random_, [this](LogBatch batch) {
                                            const std::scoped_lock lock(mutex_);
                                            for (const LogEvent& event : batch.events)
                                              log_ += event.message;
                                            log_changed_.notify_all();
                                          }});
    ASSERT_TRUE(engine.has_value()) << engine.error().message;
    engine_ = std::move(*engine);
  }
  std::shared_ptr<Deployment> function(const std::string& code, std::string runtime = "python3.11",
                                       std::string file = "app.py", std::uint32_t mode = 0100644) {
    const std::string name = "f" + std::to_string(++functions_);
    const std::string directory = (root_ / "code" / name).string();
    fs::create_directories(root_ / "code");
    const auto unpacked = unpack_package(
        make_zip({testing::ZipEntry{.name = std::move(file), .data = code, .mode = mode}}),
        directory);
    EXPECT_TRUE(unpacked.has_value());
    auto deployment = std::make_shared<Deployment>();
    deployment->pool = name;
    deployment->account = "000000000000";
    deployment->region = "us-east-1";
    deployment->function_name = name;
    deployment->runtime = std::move(runtime);
    deployment->handler = "app.handler";
    deployment->log_group = "/aws/lambda/" + name;
    deployment->package = std::make_shared<Package>(Package{directory});
    return deployment;
  }
  InvokeCall call(std::shared_ptr<const Deployment> deployment, std::string payload, bool tail) {
    return {.deployment = std::move(deployment),
            .request_id = random_->uuid(),
            .function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f",
            .payload = std::move(payload),
            .want_log_tail = tail};
  }
  Result<InvokeOutcome> try_invoke(std::shared_ptr<const Deployment> deployment,
                                   std::string payload = "{}", bool tail = false) {
    return block_on(runtime_.loop(0),
                    engine_->invoke(call(std::move(deployment), std::move(payload), tail)));
  }
  InvokeOutcome invoke(std::shared_ptr<const Deployment> deployment, std::string payload = "{}",
                       bool tail = false) {
    auto outcome = try_invoke(std::move(deployment), std::move(payload), tail);
    EXPECT_TRUE(outcome.has_value()) << (outcome ? "" : outcome.error().message);
    return outcome ? *outcome : InvokeOutcome{};
  }
  std::string log() {
    const std::scoped_lock lock(mutex_);
    return log_;
  }
  bool wait_for_log(std::string_view text) {
    std::unique_lock lock(mutex_);
    return log_changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return log_.find(text) != std::string::npos; });
  }

  fs::path root_;
  SystemClock clock_;
  std::unique_ptr<Random> random_ = make_seeded_random(7);
  Runtime runtime_{{.loops = 2}};
  std::mutex mutex_;
  std::condition_variable log_changed_;
  std::string log_;
  int functions_ = 0;
  std::unique_ptr<Engine> engine_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(EngineTest, AnswersLogsAndStaysWarm) {
  start();
  const auto f = function(
      "import os\ncount = 0\n"
      "def handler(event, context):\n"
      "    global count\n    count += 1\n    print('hello', event['n'])\n"
      "    assert context.get_remaining_time_in_millis() > 0\n"
      "    return {'n': event['n'], 'count': count, 'name': context.function_name,\n"
      "            'memory': context.memory_limit_in_mb, 'region': os.environ['AWS_REGION'],\n"
      "            'id': context.aws_request_id, 'é': 'ü'}\n");
  const InvokeOutcome first = invoke(f, "{\"n\":1}", true);
  EXPECT_EQ(first.function_error, "") << first.payload;
  EXPECT_TRUE(has(first.payload,
                  "\"count\": 1, \"name\": \"f1\", \"memory\": \"128\", \"region\": \"us-east-1\""))
      << first.payload;
  EXPECT_TRUE(has(first.payload, "\"é\": \"ü\"")) << first.payload;
  EXPECT_TRUE(first.log_tail.starts_with("START RequestId: ")) << first.log_tail;
  EXPECT_TRUE(has(first.log_tail, "Version: $LATEST\nhello 1\nEND RequestId: ")) << first.log_tail;
  EXPECT_TRUE(has(first.log_tail, "\tMemory Size: 128 MB\tMax Memory Used: ")) << first.log_tail;
  EXPECT_TRUE(has(first.log_tail, "\tInit Duration: ")) << first.log_tail;
  const InvokeOutcome second = invoke(f, "{\"n\":2}", true);
  EXPECT_TRUE(has(second.payload, "\"count\": 2")) << second.payload;
  EXPECT_FALSE(has(second.log_tail, "Init Duration")) << second.log_tail;
  EXPECT_FALSE(has(second.log_tail, "hello 1"));
  EXPECT_EQ(engine_->stats().cold_starts, 1U);
  EXPECT_TRUE(wait_for_log("hello 2"));
}

struct Failure {
  std::string_view what;
  std::string code;
  std::string_view error_type;
  std::string_view message;
};

TEST_F(EngineTest, ReportsWhatAFunctionDoesWrong) {
  start();
  const std::vector<Failure> failures = {
      {"throws", "def handler(e, c):\n    raise ValueError('no good')\n",
       "\"errorType\": \"ValueError\"", "\"errorMessage\": \"no good\""},
      {"throws at import", "raise KeyError('x')\n", "\"errorType\": \"KeyError\"",
       "\"requestId\": \"\""},
      {"imports what is not there", "import nowhere\ndef handler(e, c): pass\n",
       "\"errorType\": \"Runtime.ImportModuleError\"",
       "Unable to import module 'app': No module named 'nowhere'"},
      {"no such handler", "def other(e, c): pass\n", "\"errorType\": \"Runtime.HandlerNotFound\"",
       "Handler 'handler' missing on module 'app'"},
      {"bad syntax", "def handler(\n", "\"errorType\": \"Runtime.UserCodeSyntaxError\"",
       "Syntax error in module 'app'"},
      {"answers what is not JSON", "def handler(e, c): return {1, 2}\n",
       "\"errorType\": \"Runtime.MarshalError\"",
       "Unable to marshal response: Object of type set is not JSON serializable"},
      {"exits", "import os\ndef handler(e, c): os._exit(3)\n",
       "\"errorType\":\"Runtime.ExitError\"", "Error: Runtime exited with error: exit status 3"},
      {"exits without a word", "import os\ndef handler(e, c): os._exit(0)\n",
       "\"errorType\":\"Runtime.ExitError\"", "Error: Runtime exited without providing a reason"},
      {"exits at import", "import os\nos._exit(7)\n", "\"errorType\":\"Runtime.ExitError\"",
       "Error: Runtime exited with error: exit status 7"},
      {"kills itself", "import os\ndef handler(e, c): os.kill(os.getpid(), 9)\n",
       "\"errorType\":\"Runtime.ExitError\"", "Error: Runtime exited with error: signal: killed"},
      {"eats all memory", "def handler(e, c):\n    x = [bytearray(1 << 20) for _ in range(4000)]\n",
       "\"errorType\":\"Runtime.ExitError\"", "Error: Runtime exited with error: signal: killed"},
      {"answers too much", "def handler(e, c): return 'x' * 7000000\n",
       "\"errorType\":\"Function.ResponseSizeTooLarge\"",
       "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
  };
  for (const Failure& failure : failures) {
    SCOPED_TRACE(failure.what);
    const InvokeOutcome outcome = invoke(function(failure.code));
    EXPECT_EQ(outcome.function_error, "Unhandled");
    EXPECT_TRUE(has(outcome.payload, failure.error_type)) << outcome.payload;
    EXPECT_TRUE(has(outcome.payload, failure.message)) << outcome.payload;
  }
}

TEST_F(EngineTest, TracesShowTheFunctionOnly) {
  start();
  const InvokeOutcome outcome = invoke(
      function("def inner():\n    return 1 / 0\ndef handler(e, c):\n    inner()\n"), "{}", true);
  EXPECT_TRUE(has(outcome.payload, "/app.py\\\", line 4, in handler\\n    inner()\\n"))
      << outcome.payload;
  EXPECT_FALSE(has(outcome.payload, "bootstrap.py")) << outcome.payload;
  EXPECT_TRUE(
      has(outcome.log_tail,
          "[ERROR] ZeroDivisionError: division by zero\nTraceback (most recent call last):\n"))
      << outcome.log_tail;
}

TEST_F(EngineTest, KillsWhatTakesTooLong) {
  start();
  const auto f = function(
      "import time\ndef handler(e, c):\n    print('going to sleep')\n    time.sleep(60)\n");
  f->timeout_seconds = 1;
  const InvokeOutcome outcome = invoke(f, "{}", true);
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_TRUE(has(outcome.payload, "\"errorType\":\"Sandbox.Timedout\"")) << outcome.payload;
  EXPECT_TRUE(has(outcome.payload, "Error: Task timed out after 1.00 seconds")) << outcome.payload;
  EXPECT_TRUE(has(outcome.log_tail, "going to sleep\n")) << outcome.log_tail;
  EXPECT_TRUE(has(outcome.log_tail, " Task timed out after 1.00 seconds\n")) << outcome.log_tail;
  EXPECT_TRUE(has(outcome.log_tail, "\tStatus: timeout\t")) << outcome.log_tail;
}

TEST_F(EngineTest, GivesASlowInitASecondChanceWithinTheTimeOut) {
  start({.init_timeout = std::chrono::milliseconds(300)});
  const auto slow = function("import time\ntime.sleep(0.8)\ndef handler(e, c): return 'ready'\n");
  EXPECT_EQ(invoke(slow).payload, "\"ready\"");
  const auto never = function("import time\ntime.sleep(60)\ndef handler(e, c): return 'ready'\n");
  never->timeout_seconds = 1;
  EXPECT_TRUE(has(invoke(never).payload, "Task timed out after 1.00 seconds"));
  EXPECT_TRUE(wait_for_log("Phase: init\tStatus: timeout"));
}

TEST_F(EngineTest, CarriesLargePayloadsBothWays) {
  start();
  const auto f = function("def handler(e, c): return e\n");
  f->memory_mb = 512;
  const std::string payload = "\"" + std::string(6'000'000, 'x') + "\"";
  EXPECT_EQ(invoke(f, payload).payload, payload);
}

TEST_F(EngineTest, SurvivesOutputWithoutEnd) {
  start();
  const auto f = function(
      "def handler(e, c):\n    for i in range(200000): print('x' * 100)\n    return 'done'\n");
  f->timeout_seconds = 60;
  const InvokeOutcome outcome = invoke(f, "{}", true);
  EXPECT_EQ(outcome.payload, "\"done\"");
  EXPECT_EQ(outcome.log_tail.size(), 4096U);
}

TEST_F(EngineTest, RunsAtOnceUpToTheLimitAndThenInTurn) {
  start({.instances_max = 2});
  const auto f =
      function("import time\ndef handler(e, c):\n    time.sleep(0.05)\n    return 'x'\n");
  std::vector<std::thread> callers;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { good += invoke(f).payload == "\"x\"" ? 1 : 0; });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(good, 8);
  EXPECT_LE(engine_->stats().cold_starts, 2U);
  // Another function finds no place, and gets that of an idle instance.
  EXPECT_EQ(invoke(function("def handler(e, c): return 'other'\n")).payload, "\"other\"");
}

TEST_F(EngineTest, RefusesWhenTooManyWait) {
  start({.instances_max = 1, .waiting_max = 1});
  const auto f = function("import time\ndef handler(e, c):\n    time.sleep(0.5)\n    return 'x'\n");
  std::vector<std::thread> callers;
  std::atomic<int> good = 0, limited = 0;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto outcome = try_invoke(f);
      if (outcome) ++good;
      if (!outcome && outcome.error().kind == ErrorKind::kLimit) ++limited;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GE(good, 1);
  EXPECT_EQ(good + limited, 4);
  EXPECT_GE(limited, 1);
}

TEST_F(EngineTest, ARetiredPoolTakesNoMoreWork) {
  start();
  const auto f = function(
      "import os\ndef handler(e, c): return os.urandom(4).hex()\nname = handler(0, 0)\ndef "
      "handler(e, c): return name\n");
  const std::string before = invoke(f).payload;
  EXPECT_EQ(invoke(f).payload, before);
  engine_->retire(f->pool);
  EXPECT_NE(invoke(f).payload, before);
}

TEST_F(EngineTest, StopKillsWhatRunsAndFailsItsCaller) {
  start();
  const auto f = function(
      "import time\ndef handler(e, c):\n    print('started', flush=True)\n    time.sleep(60)\n");
  f->timeout_seconds = 100;
  std::thread stopper([&] {
    while (engine_->stats().busy == 0) std::this_thread::yield();
    engine_->stop();
  });
  const auto outcome = try_invoke(f);
  stopper.join();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(engine_->stats().instances, 0U);
  EXPECT_EQ(try_invoke(f).error().kind, ErrorKind::kUnavailable);
}

TEST_F(EngineTest, LoggingRecordsStayWhole) {
  start();
  const auto f = function(
      "import logging\nlogging.getLogger().setLevel(logging.INFO)\n"
      "def handler(e, c):\n    logging.info('two\\nlines')\n    print('plain')\n");
  const InvokeOutcome outcome = invoke(f, "{}", true);
  EXPECT_TRUE(has(outcome.log_tail, "[INFO]\t20")) << outcome.log_tail;
  EXPECT_TRUE(has(outcome.log_tail, "\ttwo\nlines\nplain\n")) << outcome.log_tail;
}

// Deduced from the sandbox's design: neither the machine's files nor other processes are in reach.
TEST_F(EngineTest, TheSandboxHidesTheMachine) {
  start();
  if (!engine_->isolated()) GTEST_SKIP() << "bubblewrap is not usable here";
  const auto f = function(
      "import os\ndef handler(e, c):\n"
      "    open('/tmp/mine', 'w').write('x')\n"
      "    try:\n        open('/var/task/new', 'w'); writable = True\n    except OSError: writable "
      "= False\n"
      "    pids = [p for p in os.listdir('/proc') if p.isdigit()]\n"
      "    return [os.path.exists(e), writable, len(pids) < 5, os.listdir('/tmp'), os.getuid() != "
      "0]\n");
  EXPECT_EQ(invoke(f, "\"" + root_.string() + "\"").payload,
            "[false, false, true, [\"mine\"], true]");
}

TEST_F(EngineTest, RunsWithoutASandbox) {
  start({.isolation = Isolation::kPlain});
  const auto f = function(
      "import os, tempfile\ndef handler(e, c):\n    tempfile.TemporaryFile()\n"
      "    return [tempfile.gettempdir() == os.environ['TMPDIR'], os.environ['X']]\n");
  f->environment["X"] = "y";
  EXPECT_EQ(invoke(f).payload, "[true, \"y\"]");
  EXPECT_TRUE(has(
      invoke(function("def handler(e, c):\n    x = [bytearray(1 << 20) for _ in range(4000)]\n"))
          .payload,
      "signal: killed"));
}

TEST_F(EngineTest, StartsTheRuntimeThroughAWrapper) {
  start();
  const auto f =
      function("#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n", "python3.11", "wrapper", 0100755);
  const std::string directory = f->package->directory;
  ASSERT_TRUE(fs::exists(directory + "/wrapper"));
  fs::permissions(directory, fs::perms::owner_all);
  std::ofstream(directory + "/app.py")
      << "import os\ndef handler(e, c): return os.environ['WRAPPED']\n";
  f->environment["AWS_LAMBDA_EXEC_WRAPPER"] = "/var/task/wrapper";
  EXPECT_EQ(invoke(f).payload, "\"yes\"");
}

TEST_F(EngineTest, RunsNode) {
  start();
  const auto f = function(
      "exports.handler = async (event, context) => {\n"
      "  console.log('hi', event.a); return {b: event.a + 1, m: context.memoryLimitInMB}; };\n",
      "nodejs20.x", "app.js");
  const auto outcome = try_invoke(f, "{\"a\":1}", true);
  if (!outcome) GTEST_SKIP() << outcome.error().message;
  EXPECT_EQ(outcome->payload, "{\"b\":2,\"m\":\"128\"}");
  EXPECT_TRUE(has(outcome->log_tail, "\tINFO\thi 1\n")) << outcome->log_tail;
  const auto thrower = function("exports.handler = async () => { throw new RangeError('bad'); };\n",
                                "nodejs20.x", "app.js");
  const InvokeOutcome thrown = invoke(thrower);
  EXPECT_TRUE(
      has(thrown.payload, "{\"errorType\":\"RangeError\",\"errorMessage\":\"bad\",\"trace\":["))
      << thrown.payload;
  const auto esm = function("export const handler = (event, context, done) => done(null, 'esm');\n",
                            "nodejs20.x", "app.mjs");
  EXPECT_EQ(invoke(esm).payload, "\"esm\"");
}

TEST_F(EngineTest, RunsABootstrapOfTheFunctionsOwn) {
  start();
  // A runtime in shell and curl, as AWS's tutorial has it.
  const std::string script =
      "#!/bin/sh\nwhile true; do\n"
      "  H=$(mktemp)\n"
      "  E=$(curl -sS -LD \"$H\" "
      "\"http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next\")\n"
      "  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id \"$H\" | tr -d '[:space:]' | cut -d: -f2)\n"
      "  echo \"got $E\" >&2\n"
      "  curl -sS \"http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$ID/response\" "
      "-d \"$E\"\n"
      "done\n";
  const auto f = function(script, "provided.al2023", "bootstrap", 0100755);
  EXPECT_EQ(invoke(f, "{\"a\":1}", true).payload, "{\"a\":1}");
  EXPECT_TRUE(wait_for_log("got {\"a\":1}\n"));
  const auto missing = function("x", "provided.al2", "readme");
  EXPECT_TRUE(has(invoke(missing).payload, "Runtime.InvalidEntrypoint"));
}

}  // namespace
}  // namespace penstock::lambda
