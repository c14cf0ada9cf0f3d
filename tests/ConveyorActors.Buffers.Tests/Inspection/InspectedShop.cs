using System.Text.Json;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Inspection;

/// <summary>
/// A pipeline "orders" with two stages and two sources, on a clock of its own, and the commands over it.
/// </summary>
public abstract class InspectedShop : IAsyncLifetime
{
    protected const string Pipeline = "orders";

    protected FakeClock Clock { get; } = new();

    protected EmbeddedBufferService Service { get; private set; } = null!;

    InspectionCore core = null!;

    /// <summary>
    /// parse: three of web and one of mail wait, worker-1 has one of web, one is a dead letter; store: two of web wait.
    /// The clock stands 20 s after the first offer.
    /// </summary>
    public virtual async Task InitializeAsync()
    {
        Service = new(Clock);
        core = new(Service);
        await Service.ConfigureAsync(
            Pipeline,
            new()
            {
                MaxTotalRecords = 100,
                MaxPerStage = 10,
                MaxPerSource = 20,
                Stage = new() { MaxRetries = 0, LeaseOrder = LeaseOrder.Shared },
            }
        );
        await Offer("parse", "web", 5);
        await Offer("parse", "mail", 1);
        var lease = await Service.GetBatchAsync(
            Pipeline,
            "parse",
            new BatchRequest(2) { OneSource = true, Consumer = "worker-1" }
        );
        await Service.DeadLetterAsync(Pipeline, "parse", lease.Id, [lease.Records[0].Sequence], "not\nJSON");
        await Offer("store", "web", 2);
        Clock.Advance(TimeSpan.FromSeconds(20));
    }

    public async Task DisposeAsync() => await Service.DisposeAsync();

    protected async Task Offer(string stage, string source, int count)
    {
        for (var i = 1; i <= count; i++)
            await Service.BufferForStageAsync(Pipeline, stage, source, new($"{source}-{i}", new byte[10]));
    }

    protected ValueTask<InspectionReply> Run(string line) => core.RunAsync(line);

    /// <summary>What a command that succeeds prints.</summary>
    protected async Task<string> Print(string line)
    {
        var reply = await Run(line);
        Assert.True(reply.ExitCode == 0, reply.Text);
        return reply.Text;
    }

    /// <summary>The same as JSON.</summary>
    protected async Task<JsonElement> Json(string line) =>
        JsonDocument.Parse(await Print($"{line} --json")).RootElement;

    /// <summary>Insists that a command is refused with an exit code and a sentence.</summary>
    protected async Task Refused(string line, int exitCode, string sentence) =>
        Assert.Equal((exitCode, sentence), await Run(line) is var reply ? (reply.ExitCode, reply.Text) : default);

    /// <summary>Insists on what a command prints.</summary>
    protected async Task Prints(string line, string expected) =>
        Assert.Equal(expected.ReplaceLineEndings("\n"), await Print(line));
}
