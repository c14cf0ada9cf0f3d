using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

/// <summary>
/// Offers that are under way while their pipeline moves between nodes, with links that keep order and replies that take
/// any time.
/// </summary>
public class OpenOffersTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Offers_of_a_source_keep_their_order_when_their_pipeline_moves(int seed)
    {
        var random = new Random(seed);
        var (open, gate, accepted, owner) = (new OpenOffers(), new Lock(), new List<int>(), 0);
        OfferTarget to = new("p", "s", "a", AckLevel.Persisted, null);
        List<Task> offers = [];
        var (sentAtOnce, underWay) = (0, 0);
        for (var number = 0; number < 300; number++)
        {
            offers.Add(OfferAsync(number, open.Begin(to)));
            if (random.Next(4) == 0)
                await Task.Yield();
            if (random.Next(40) == 0)
                lock (gate)
                    owner++;
        }
        await Task.WhenAll(offers).WaitAsync(Until.Patience);
        Assert.Equal(Enumerable.Range(0, 300), accepted);
        Assert.True(sentAtOnce > 1, "each offer waited for the one before it");
        // Nothing is left behind.
        var next = open.Begin(to);
        Assert.Equal(next.Number, next.FirstOpen);
        Assert.True(next.WaitUntilSendableAsync("anywhere").IsCompleted);
        next.End(wasReplied: true);

        async Task OfferAsync(int number, OpenOffers.Turn turn)
        {
            while (true)
            {
                string path;
                while (true)
                {
                    lock (gate)
                        path = $"node-{owner - random.Next(2)}"; // what is known may be out of date
                    var may = turn.WaitUntilSendableAsync(path);
                    if (may.IsCompleted)
                        break;
                    await may;
                }
                bool isAccepted;
                int pause;
                lock (gate)
                {
                    isAccepted = path == $"node-{owner}";
                    if (isAccepted)
                        accepted.Add(number);
                    sentAtOnce = Math.Max(sentAtOnce, ++underWay);
                    pause = random.Next(4);
                }
                turn.MarkSent();
                for (; pause > 0; pause--)
                    await Task.Yield();
                lock (gate)
                    underWay--;
                if (isAccepted)
                    break;
                turn.MarkFailed();
                await Task.Yield();
            }
            turn.End(wasReplied: true);
        }
    }
}
