using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Run;
using Spectre.Console;

namespace ConveyorActors.Cli.Top;

/// <summary>Follows a server and shows its state: live, once, or as lines of JSON.</summary>
sealed class TopSession(Terminal terminal, ServerTarget target, TimeProvider clock)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The longest time a server may take to reply and to send the numbers of all its pipelines.</summary>
    static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(40);

    /// <summary>Maximum number of sources per pipeline: on a live screen, and in output of unlimited height.</summary>
    const int SourcesLive = 8,
        SourcesOnce = 24;

    volatile TopState state = TopState.Create(target.Server);

    /// <summary>Shows the numbers once, with rates over one second.</summary>
    public async Task<int> ShowOnceAsync(bool json)
    {
        using var client = CreateClient();
        try
        {
            var lines = await ReadOnceAsync(client).ConfigureAwait(false);
            if (lines.Count == 0)
            {
                terminal.WriteMessage(
                    target.Pipeline is { } name
                        ? $"{ServerFlags.PipelineFlag} is {Usage.Printable.Quote(name)}, and the server has no such pipeline"
                        : "the server has no pipeline yet"
                );
                return ExitCodes.Failed;
            }
            if (json)
                foreach (var line in lines)
                    terminal.Out.WriteLine(line);
            else
                Draw(terminal.CreateOutConsole());
            return ExitCodes.Done;
        }
        catch (Exception e) when (Describe(e) is { } error)
        {
            terminal.WriteMessage(error);
            return ExitCodes.Failed;
        }
    }

    /// <summary>Shows the numbers live until a signal comes.</summary>
    public async Task<int> ShowLiveAsync(bool json)
    {
        using var client = CreateClient();
        using var signals = new StopSignals(clock, () => { }, ExitAtOnce);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
        var following = FollowAsync(client, json, ended.Token);
        if (!json)
        {
            var console = terminal.CreateOutConsole();
            await console
                .Live(new Text(""))
                .Overflow(VerticalOverflow.Ellipsis)
                .Cropping(VerticalOverflowCropping.Bottom)
                .StartAsync(async live =>
                {
                    using var timer = new PeriodicTimer(Interval, clock);
                    while (terminal.CanPrint && await Ticks.WaitForNextAsync(timer, following).ConfigureAwait(false))
                        live.UpdateTarget(CreateDrawing(console, SourcesLive).Draw(state));
                })
                .ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
        }
        var error = await following.ConfigureAwait(false);
        if (error is null)
            return ExitCodes.Done;
        terminal.WriteMessage(error);
        return ExitCodes.Failed;
    }

    /// <summary>Keeps the state up to date, and reconnects if the connection to the server is lost.</summary>
    /// <returns>The reason why the server cannot be followed at all; null: it was followed to the end.</returns>
    async Task<string?> FollowAsync(HttpClient client, bool json, CancellationToken stop)
    {
        var wasThere = false;
        while (!stop.IsCancellationRequested)
        {
            string error;
            try
            {
                await foreach (var e in new EventReader(client, target).ReadAsync(stop).ConfigureAwait(false))
                {
                    wasThere = true;
                    Apply(e);
                    if (json && IsShown(e))
                    {
                        terminal.Out.WriteLine(e.Text);
                        await terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                        if (!terminal.CanPrint)
                            return null; // the caller reports the reason
                    }
                }
                if (!wasThere)
                    throw CreateEndedException();
                error = "the server has ended the connection";
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (Describe(e) is { } why)
            {
                // If the first connection fails, the URL or the key is wrong, so there is no retry.
                if (!wasThere || e is ForeignServerException)
                    return why;
                error =
                    e is ServerRefusedException
                        ? e.Message
                        : $"the server cannot be reached: {ServerFlags.DescribeNoReply(e, ReplyTimeout)}";
            }
            state = state with { Error = $"{error}; connecting again" };
            await Task.Delay(RetryAfter, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return null;
    }

    /// <summary>Reads until every pipeline has sent its rates, which need two snapshots.</summary>
    async Task<IReadOnlyCollection<string>> ReadOnceAsync(HttpClient client)
    {
        using var timeout = new CancellationTokenSource(ReplyTimeout, clock);
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        HashSet<string>? expected = null;
        var polls = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var e in new EventReader(client, target).ReadAsync(timeout.Token).ConfigureAwait(false))
        {
            Apply(e);
            if (e.Kind == "state")
                expected = ReadPipelines(e);
            if (IsShown(e) && e.Data.GetProperty("pipeline").GetString() is { } name)
            {
                lines[name] = e.Text;
                polls[name] = polls.GetValueOrDefault(name) + 1;
            }
            if (expected?.All(p => polls.GetValueOrDefault(p) >= 2) == true)
                return lines.Values;
        }
        throw CreateEndedException();
    }

    static IOException CreateEndedException() => new("the server has ended the connection");

    HashSet<string> ReadPipelines(EventReader.Event e) =>
        e
            .Data.GetProperty("pipelines")
            .EnumerateArray()
            .Select(p => p.GetProperty("pipeline").GetString()!)
            .Where(p => target.Pipeline is null || target.Pipeline == p)
            .ToHashSet(StringComparer.Ordinal);

    bool IsShown(EventReader.Event e) =>
        e.Kind == "rates" && (target.Pipeline is null || e.Data.GetProperty("pipeline").GetString() == target.Pipeline);

    /// <exception cref="ForeignServerException">The event is not one of a conveyor server.</exception>
    void Apply(EventReader.Event e)
    {
        try
        {
            if (e.Kind != "rates" || IsShown(e))
                state = state.Apply(e.Kind, e.Data);
        }
        catch (Exception other) when (ForeignServerException.IsCause(other))
        {
            throw ForeignServerException.CreateForJson();
        }
    }

    void Draw(IAnsiConsole console) => console.Write(CreateDrawing(console, SourcesOnce).Draw(state));

    static TopDrawing CreateDrawing(IAnsiConsole console, int sources) =>
        new(console.Profile.Width, sources, console.Profile.Capabilities.Unicode);

    string? Describe(Exception e) =>
        e is ServerRefusedException ? e.Message
        : e is ForeignServerException ? ServerFlags.FormatForeign(target.Server, e.Message)
        : ServerFlags.DescribeNoReply(e, ReplyTimeout) is { } why ? ServerFlags.FormatNoReply(target.Server, why)
        : null;

    void ExitAtOnce()
    {
        terminal.Restore();
        Environment.Exit(ExitCodes.Interrupted);
    }

    // The stream never ends, and EventReader has its own timeout.
    static HttpClient CreateClient() => new() { Timeout = Timeout.InfiniteTimeSpan };
}
