using System.Diagnostics;

namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class SinkRunTests : RunTests
{
    [UnixFact]
    public async Task An_existing_file_is_replaced()
    {
        await File.WriteAllTextAsync(Sink, new string('x', 100_000));
        AssertAllSettled(await RunAsync(Source("a", ["new"]), Stage("cat")));
        Assert.Equal("new\n", await File.ReadAllTextAsync(Sink));
    }

    [UnixFact]
    public async Task A_full_disk_fails_the_run_and_settles_nothing_it_did_not_write()
    {
        var report = await RunAsync(
            Definition([Source("a", Numbers(20_000))], Stage("cat")) with
            {
                Sink = new SinkDefinition("/dev/full"),
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Equal("sink '/dev/full' cannot be written: No space left on device", report.Error);
        Assert.Equal(0, report.Progress.LinesWritten);
        Assert.InRange(report.Progress.Snapshot.Total.Pending, 1, 20_000);
    }

    [UnixFact]
    public async Task A_device_can_be_a_sink()
    {
        AssertAllSettled(
            await RunAsync(
                Definition([Source("a", Numbers(1000))], Stage("cat")) with
                {
                    Sink = new SinkDefinition("/dev/null"),
                }
            )
        );
    }

    [UnixFact]
    public async Task A_directory_cannot_be_a_sink()
    {
        Directory.CreateDirectory(Sink);
        var error = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(Source("a", ["x"]), Stage("cat")));
        Assert.Equal($"sink '{Sink}' cannot be written: it is a directory", error.Message);
    }

    [UnixFact]
    public async Task A_path_that_ends_with_a_slash_cannot_be_a_sink()
    {
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Definition([Source("a", ["x"])], Stage("cat")) with { Sink = new SinkDefinition(Sink + "/") })
        );
        Assert.Equal($"sink '{Sink}/' cannot be written: it is a directory", error.Message);
    }

    [LinuxFact]
    public async Task A_socket_is_named_as_a_socket()
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified
        );
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Sink));

        var sink = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(Source("a", ["x"]), Stage("cat")));
        var source = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(
                Definition([new SourceDefinition("s", Sink)], Stage("cat")) with
                {
                    Sink = new SinkDefinition("/dev/null"),
                }
            )
        );

        Assert.Equal(
            ($"sink '{Sink}' cannot be written: it is a socket", $"source '{Sink}' cannot be read: it is a socket"),
            (sink.Message, source.Message)
        );
    }

    [UnixFact]
    public async Task A_sink_in_a_missing_directory_is_named_before_anything_runs()
    {
        var path = Temp.Path("nowhere/out");
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Definition([Source("a", ["x"])], Stage("cat")) with { Sink = new SinkDefinition(path) })
        );
        Assert.Equal($"sink '{path}' cannot be written: no such directory", error.Message);
    }

    [UnixFact]
    public async Task A_dead_letter_file_that_cannot_be_written_is_named_before_anything_runs()
    {
        var path = Temp.Path("nowhere/dead");
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Definition([Source("a", ["x"])], Stage("cat")) with { DeadLetterPath = path })
        );
        Assert.Equal($"dead letters '{path}' cannot be written: no such directory", error.Message);
        Assert.False(File.Exists(Sink));
    }

    [UnixFact]
    public async Task A_full_disk_for_dead_letters_fails_the_run_and_they_stay_counted()
    {
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(3))],
                Stage("false") with
                {
                    Retries = 0,
                    OnStageFailure = StageFailureMode.DeadLetter,
                }
            ) with
            {
                DeadLetterPath = "/dev/full",
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Equal("dead letters '/dev/full' cannot be written: No space left on device", report.Error);
        Assert.InRange(report.Progress.Snapshot.Total.DeadLettered, 1, 3);
    }

    [UnixFact]
    public async Task A_source_is_not_overwritten_by_the_sink_under_any_name()
    {
        var source = Source("a", ["precious"]);
        File.CreateSymbolicLink(Temp.Path("link"), source.Path);
        Directory.CreateSymbolicLink(Temp.Path("here"), Temp.Path(""));
        foreach (var path in new[] { source.Path, Temp.Path("link"), Temp.Path("./a"), Temp.Path("here/a") })
        {
            var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
                RunAsync(Definition([source], Stage("cat")) with { Sink = new SinkDefinition(path) })
            );
            Assert.Contains("is also the source 'a'", error.Message);
            await Assert.ThrowsAsync<PipelineInputException>(() =>
                RunAsync(Definition([source], Stage("cat")) with { DeadLetterPath = path })
            );
        }
        Assert.Equal("precious\n", await File.ReadAllTextAsync(source.Path));
    }

    [UnixFact]
    public async Task The_sink_and_the_dead_letters_must_be_different_files()
    {
        await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Definition([Source("a", ["x"])], Stage("cat")) with { DeadLetterPath = Sink })
        );
    }

    [UnixFact]
    public async Task A_reader_that_closes_the_output_ends_the_run_without_an_error()
    {
        var pipe = Temp.Path("pipe");
        await Process.Start("mkfifo", pipe).WaitForExitAsync();
        using var head = Process.Start(new ProcessStartInfo("head", ["-1", pipe]) { RedirectStandardOutput = true })!;

        var report = await RunAsync(
            Definition([Source("a", Numbers(100_000))], Stage("cat")) with
            {
                Sink = new SinkDefinition(pipe),
            }
        );

        Assert.Equal(RunOutcome.OutputClosed, report.Outcome);
        Assert.Null(report.Error);
        Assert.Equal("1\n", await head.StandardOutput.ReadToEndAsync());
        Assert.InRange(report.Progress.LinesWritten, 0, 99_999);
    }
}
