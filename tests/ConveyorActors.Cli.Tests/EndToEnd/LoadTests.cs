using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary><c>conveyor serve</c> under far more than its consumer takes.</summary>
public sealed partial class LoadTests : EndToEndTests
{
    const int Connections = 64;
    const int RecordsPerBody = 100;
    const int MaxPerStage = 10_000;
    const int MostRounds = 6;

    /// <summary>Far above what the records of a full stage take, and far below what is sent.</summary>
    const long MostMemory = 512L << 20;

    /// <summary>Posts bodies, and counts what each reply says was accepted.</summary>
    static readonly string Script = $$"""
        local lines = {}
        for i = 1, {{RecordsPerBody}} do lines[i] = '{"n":' .. i .. ',"padding":"' .. string.rep('x', 230) .. '"}' end
        wrk.method, wrk.body = 'POST', table.concat(lines, '\n')
        wrk.headers['Content-Type'] = 'application/x-ndjson'
        local threads = {}
        function setup(thread) table.insert(threads, thread) end
        function init() accepted, full, other = 0, 0, 0 end
        function response(status, headers, body)
          accepted = accepted + (tonumber(body:match('"accepted":(%d+)')) or 0)
          if status == 429 then full = full + 1 elseif status ~= 200 then other = other + 1 end
        end
        function done()
          local sum = { accepted = 0, full = 0, other = 0 }
          for _, thread in ipairs(threads) do
            for name, value in pairs(sum) do sum[name] = value + thread:get(name) end
          end
          print('accepted ' .. sum.accepted .. ' full ' .. sum.full .. ' other ' .. sum.other)
        end
        """;

    [WrkFact]
    public async Task Memory_stays_bounded_under_load_and_every_record_is_accounted_for()
    {
        var seconds = Thoroughness.Count("CONVEYOR_LOAD_SECONDS", sample: 10, whole: 60);
        Write("post.lua", Script);
        using var served = await Served.StartAsync(
            Folder,
            "--max-per-stage",
            $"{MaxPerStage}",
            "--max-per-source",
            $"{MaxPerStage}"
        );
        using var stop = new CancellationTokenSource();
        var consuming = ConsumeSlowlyAsync(served, stop.Token);

        var target = new Uri(served.Address, "/v1/pipelines/orders/stages/parse/records?source=web");
        var (accepted, full) = (0L, 0L);
        // On a machine that is busy with other tests, the consumer may settle nothing for some time.
        var rounds = 0;
        for (; rounds < MostRounds && (accepted <= MaxPerStage || full == 0); rounds++)
        {
            var said = await WrkAsync(seconds, target);
            var counts = Counts().Match(said);
            Assert.True(counts.Success, said);
            Assert.Equal(0, Number(counts, "other"));
            accepted += Number(counts, "accepted");
            full += Number(counts, "full");
        }
        await stop.CancelAsync();
        var settled = await consuming;

        Assert.True(accepted > MaxPerStage, $"{accepted} records were accepted");
        Assert.True(full > 0, "no body was refused");
        // Requests that were under way when wrk ended are still being counted.
        var numbers = await SettledDownAsync(served);
        Assert.True(numbers.GetProperty("conserved").GetBoolean());
        Assert.Equal(settled, numbers.GetProperty("completed").GetInt64());
        Assert.Equal(
            numbers.GetProperty("accepted").GetInt64(),
            numbers.GetProperty("completed").GetInt64() + numbers.GetProperty("pending").GetInt64()
        );
        Assert.InRange(
            numbers.GetProperty("accepted").GetInt64(),
            accepted,
            accepted + (rounds * Connections * RecordsPerBody)
        );
        Assert.True(
            (await Served.OkAsync(await served.Client.GetAsync("/v1/audit"))).GetProperty("conserved").GetBoolean()
        );
        Assert.InRange(PeakMemory(served.Process.Id), 1, MostMemory);
    }

    /// <summary>Takes far less than is sent. Returns how many records it has settled.</summary>
    static async Task<long> ConsumeSlowlyAsync(Served served, CancellationToken stop)
    {
        long settled = 0;
        while (!stop.IsCancellationRequested)
        {
            var lease = await served.PostAsync(
                "/v1/pipelines/orders/stages/parse/leases",
                """{"max":500,"waitMs":100}"""
            );
            if (lease.GetProperty("leaseId").GetString() is { } id)
                settled += (await served.PostAsync($"/v1/leases/{id}/complete")).GetProperty("settled").GetInt64();
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
        return settled;
    }

    /// <summary>Returns the numbers of the pipeline when they do not change any more.</summary>
    static async Task<JsonElement> SettledDownAsync(Served served)
    {
        for (var before = -1L; ; )
        {
            var numbers = await Served.OkAsync(await served.Client.GetAsync("/v1/stats?pipeline=orders"));
            var offered = numbers.GetProperty("offered").GetInt64();
            if (offered == before)
                return numbers;
            before = offered;
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    async Task<string> WrkAsync(int seconds, Uri target)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds + 120));
        using var wrk = Process.Start(
            new ProcessStartInfo(
                "wrk",
                [
                    "--threads",
                    "2",
                    "--connections",
                    $"{Connections}",
                    "--duration",
                    $"{seconds}s",
                    "--timeout",
                    "30s",
                    "--script",
                    "post.lua",
                    target.ToString(),
                ]
            )
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
            }
        )!;
        var said = await wrk.StandardOutput.ReadToEndAsync(patience.Token);
        await wrk.WaitForExitAsync(patience.Token);
        return said;
    }

    static long PeakMemory(int process) =>
        long.Parse(
            File.ReadLines($"/proc/{process}/status")
                .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))["VmHWM:".Length..]
                .Replace("kB", "", StringComparison.Ordinal),
            NumberStyles.Integer,
            CultureInfo.InvariantCulture
        ) * 1024;

    static long Number(Match match, string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"accepted (?<accepted>\d+) full (?<full>\d+) other (?<other>\d+)")]
    private static partial Regex Counts();
}
