using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Stores;

public class OfferWindowTests
{
    static RecentOffer Done(Guid client, long number, long at = 0) =>
        new(client, number, OfferStatus.Accepted, 1, 1, 0, IsComplete: true, at);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Only_replies_that_clients_still_wait_for_are_remembered(int seed)
    {
        var random = new Random(seed);
        var window = new OfferWindow();
        var open = Enumerable.Range(0, 5).ToDictionary(_ => Guid.NewGuid(), _ => new SortedSet<long>());
        long last = 0;
        for (var step = 0; step < 5_000; step++)
        {
            var (client, waiting) = open.ElementAt(random.Next(open.Count));
            waiting.Add(++last);
            window.Add(Done(client, last), waiting.Min);
            if (random.Next(3) > 0)
                waiting.Remove(waiting.ElementAt(random.Next(waiting.Count)));
            if (random.Next(20) == 0)
                waiting.Clear();
            foreach (var (who, numbers) in open)
            foreach (var number in numbers.Take(3))
                Assert.True(window.TryFind(who, number, out _));
            Assert.InRange(
                window.Count,
                0,
                2 * open.Values.Sum(n => n.Count == 0 ? 1 : (int)(last - n.Min) + 1) + 2_000
            );
            var copy = new OfferWindow();
            if (step % 500 != 0)
                continue;
            copy.Restore(window.ToList(), window.ForgottenAt);
            Assert.Equal(window.ToList(), copy.ToList());
            Assert.Equal(window.Count, copy.Count);
        }
        Assert.False(window.MayHaveForgotten(0));
    }

    [Fact]
    public void Too_many_results_displace_those_of_the_client_that_was_idle_longest()
    {
        var (window, silent, busy) = (new OfferWindow(), Guid.NewGuid(), Guid.NewGuid());
        window.Add(Done(silent, 1, at: 5), 1);
        for (long number = 1; number < OfferWindow.MostOffers; number++)
            window.Add(Done(busy, number, at: 10), 1);
        Assert.True(window.TryFind(silent, 1, out _));
        Assert.False(window.MayHaveForgotten(10));
        window.Add(Done(busy, OfferWindow.MostOffers, at: 10), 1);
        Assert.False(window.TryFind(silent, 1, out _));
        Assert.True(window.TryFind(busy, 1, out _));
        Assert.Equal((OfferWindow.MostOffers, 5L), (window.Count, window.ForgottenAt));
        Assert.True(window.MayHaveForgotten(5 + OfferWindow.KeptForMs - 1));
        Assert.False(window.MayHaveForgotten(5 + OfferWindow.KeptForMs));
        // After an hour a client is forgotten with all its results; nobody repeats them any more.
        window.Add(Done(silent, 2, at: 10 + OfferWindow.KeptForMs), 2);
        Assert.Equal((1, 5L), (window.Count, window.ForgottenAt));
    }

    [Fact]
    public async Task A_repeated_offer_that_may_have_been_forgotten_is_refused()
    {
        await using var manager = new BufferManager<int>(
            new()
            {
                MaxTotalRecords = 1_000_000,
                MaxPerStage = 1_000_000,
                MaxPerSource = 1_000_000,
            }
        );
        var (first, others) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.True((await manager.OfferOnceAsync("s", "a", new[] { 1 }, new(first, 1))).IsAccepted);
        for (long number = 1; number <= OfferWindow.MostOffers; number++)
            await manager.OfferOnceAsync("s", "b", new[] { 2 }, new(others, number));
        var forgotten = await Assert.ThrowsAsync<OfferForgottenException>(() =>
            manager.OfferOnceAsync("s", "a", new[] { 1 }, new(first, 1) { IsRepeat = true }).AsTask()
        );
        Assert.Contains("whether it was accepted is not known", forgotten.Message);
        Assert.True((await manager.OfferOnceAsync("s", "a", new[] { 3 }, new(first, 2))).IsAccepted); // a new one
        Assert.Equal(OfferWindow.MostOffers + 2, manager.GetSnapshot().Total.Pending);
    }
}
