using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Testing;

namespace ConveyorActors.Cluster.Tests.Calls;

public class RegionListingTests
{
    const string First = "akka.tcp://c@10.0.0.1:4053/user/conveyor/pipelines",
        Second = "akka.tcp://c@10.0.0.2:4053/user/conveyor/pipelines";

    readonly FakeClock clock = new(DateTimeOffset.UnixEpoch);
    readonly Dictionary<string, Func<int, Task<IReadOnlyList<string>>>> nodes = [];
    readonly Dictionary<string, int> questions = [];

    Task<IReadOnlyList<string>> Ask(string path, CancellationToken cancellationToken)
    {
        questions[path] = questions.GetValueOrDefault(path) + 1;
        return nodes[path](questions[path]);
    }

    RegionListing Create(Func<IReadOnlyList<string>>? members = null) =>
        new(members ?? (() => [.. nodes.Keys]), Ask, TimeSpan.FromSeconds(10), clock);

    static Task<IReadOnlyList<string>> Names(params string[] names) => Task.FromResult<IReadOnlyList<string>>(names);

    [Fact]
    public async Task A_pipeline_that_two_nodes_report_is_listed_once_and_in_order()
    {
        nodes[First] = _ => Names("b", "moving");
        nodes[Second] = _ => Names("moving", "a");
        Assert.Equal(["a", "b", "moving"], await Create().ListAsync(default));
    }

    [Fact]
    public async Task A_list_names_the_silent_node_and_has_the_pipelines_of_the_others()
    {
        nodes[First] = _ => Names("a");
        nodes[Second] = _ => new TaskCompletionSource<IReadOnlyList<string>>().Task;
        var listing = Create().ListAsync(default);
        await AdvanceUntilAsync(listing);
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => listing);
        Assert.Equal(
            "1 of 2 nodes did not say within 10 s which pipelines they have: 10.0.0.2:4053. The other nodes have 'a'.",
            failure.Message
        );
    }

    [Fact]
    public async Task A_node_that_fails_once_is_asked_again()
    {
        nodes[First] = question =>
            question == 1
                ? Task.FromException<IReadOnlyList<string>>(new InvalidOperationException("the link ended"))
                : Names("a");
        var listing = Create().ListAsync(default);
        await AdvanceUntilAsync(listing);
        Assert.Equal(["a"], await listing);
    }

    [Fact]
    public async Task A_node_that_joins_while_the_others_reply_is_asked_too()
    {
        var calls = 0;
        nodes[First] = _ => Names("a");
        nodes[Second] = _ => Names("b");
        var listing = Create(() => ++calls == 1 ? [First] : [First, Second]).ListAsync(default);
        await AdvanceUntilAsync(listing);
        Assert.Equal(["a", "b"], await listing);
    }

    [Fact]
    public async Task Listing_pipelines_fails_when_no_node_has_pipelines()
    {
        var listing = Create().ListAsync(default);
        await AdvanceUntilAsync(listing);
        Assert.Contains(
            "no node that has pipelines for 10 s",
            (await Assert.ThrowsAsync<TimeoutException>(() => listing)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_list_ends_when_its_caller_cancels_it()
    {
        nodes[First] = _ => new TaskCompletionSource<IReadOnlyList<string>>().Task;
        using var cancel = new CancellationTokenSource();
        var listing = Create().ListAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing);
    }

    /// <summary>Lets the clock go on until the list is there.</summary>
    Task AdvanceUntilAsync(Task listing) =>
        Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return listing.IsCompleted;
        });
}
