using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Offers with ids: a repeated offer is accepted only once.</summary>
public abstract partial class BufferServiceContract
{
    readonly Guid client = Guid.NewGuid();

    Task<OfferResult> OfferOnce(OfferId id, ConveyorRecord[] records, CancellationToken cancellationToken = default) =>
        Within(Service.OfferOnceAsync(Pipeline, Stage, Source, records, id, cancellationToken: cancellationToken));

    [Fact]
    public async Task An_offer_that_is_made_again_with_its_id_is_accepted_once()
    {
        var first = await OfferOnce(new(client, 1), MakeMany("a", 3));
        await OfferOnce(new(client, 2), MakeMany("b", 1));
        var again = await OfferOnce(new(client, 1) { IsRepeat = true }, MakeMany("a", 3));
        Assert.Equal((OfferStatus.Accepted, 3, 3), (first.Status, first.Accepted, first.Consumed));
        Assert.Equal((OfferStatus.Accepted, 3, 3), (again.Status, again.Accepted, again.Consumed));
        Assert.Equal("a1 a2 a3 b1", await Drain());
        // The same holds when the records have been settled.
        Assert.Equal(3, (await OfferOnce(new(client, 1), MakeMany("a", 3))).Accepted);
        Assert.Equal("", await Drain());
        Assert.Equal(4, (await AssertConserved()).Total.Offered);
    }

    [Fact]
    public async Task Offers_of_other_numbers_and_other_clients_are_other_offers()
    {
        await OfferOnce(new(client, 1), MakeMany("a", 1));
        await OfferOnce(new(client, 2), MakeMany("b", 1));
        await OfferOnce(new(Guid.NewGuid(), 1), MakeMany("c", 1));
        Assert.Equal("a1 b1 c1", await Drain());
    }

    [Fact]
    public async Task An_offer_of_which_nothing_was_accepted_is_made_anew()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Fill(2);
        var full = await OfferOnce(new(client, 1), MakeMany("a", 1));
        Assert.Equal((OfferStatus.StageFull, 0), (full.Status, full.Consumed));
        await Drain();
        Assert.True((await OfferOnce(new(client, 1) { IsRepeat = true }, MakeMany("a", 1))).IsAccepted);
        Assert.Equal("a1", await Drain());
    }

    [Fact]
    public async Task An_offer_that_was_accepted_in_part_gets_the_same_result_again()
    {
        await Configure(new() { MaxPerStage = 3 });
        var first = await OfferOnce(new(client, 1), MakeMany("a", 5));
        Assert.Equal((OfferStatus.StageFull, 3, 3), (first.Status, first.Accepted, first.Consumed));
        Assert.Equal("a1 a2 a3", await Drain());
        var again = await OfferOnce(new(client, 1), MakeMany("a", 5));
        Assert.Equal((OfferStatus.StageFull, 3, 3), (again.Status, again.Accepted, again.Consumed));
        Assert.Equal("", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task An_offer_that_is_made_many_times_at_once_is_accepted_once()
    {
        var offers = await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(i => Task.Run(() => OfferOnce(new(client, 1 + i % 10), MakeMany($"{i % 10}-", 2))))
        );
        Assert.All(offers, offer => Assert.Equal((OfferStatus.Accepted, 2), (offer.Status, offer.Accepted)));
        Assert.Equal(20, (await Lease()).Records.Select(r => r.Record.Id).Distinct().Count());
        Assert.Equal(20, (await AssertConserved()).Total.Offered);
    }

    [Fact]
    public async Task An_offer_that_waits_for_room_and_is_made_again_is_accepted_once()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(1);
        var first = Service.OfferOnceAsync(Pipeline, Stage, Source, MakeMany("a", 4), new(client, 1)).AsTask();
        await Eventually(GetSnapshot, s => s.Stages.Single().WaitingOffers == 1);
        var again = Service
            .OfferOnceAsync(Pipeline, Stage, Source, MakeMany("a", 4), new(client, 1) { IsRepeat = true })
            .AsTask();
        Assert.Equal("r1 a1", await Drain());
        Assert.Equal("a2 a3", await Eventually(() => Drain(), ids => ids.Length > 0));
        Assert.Equal((OfferStatus.Accepted, 4), ((await Within(first)).Status, (await Within(first)).Accepted));
        Assert.Equal((OfferStatus.Accepted, 4), ((await Within(again)).Status, (await Within(again)).Accepted));
        Assert.Equal("a4", await Eventually(() => Drain(), ids => ids.Length > 0));
        await AssertConserved();
    }

    [Fact]
    public async Task An_offer_whose_wait_was_cancelled_goes_on_where_it_stood_when_it_is_made_again()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        using var cancelling = new CancellationTokenSource();
        var first = Service
            .OfferOnceAsync(
                Pipeline,
                Stage,
                Source,
                MakeMany("a", 3),
                new(client, 1),
                cancellationToken: cancelling.Token
            )
            .AsTask();
        await Eventually(GetSnapshot, s => s.Stages.SingleOrDefault()?.WaitingOffers == 1);
        await cancelling.CancelAsync();
        Assert.Equal(2, (await Within(first)).Consumed);
        Assert.Equal("a1 a2", await Drain());
        var again = await OfferOnce(new(client, 1) { IsRepeat = true }, MakeMany("a", 3));
        Assert.Equal((OfferStatus.Accepted, 3, 3), (again.Status, again.Accepted, again.Consumed));
        Assert.Equal("a3", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task An_id_without_a_client_or_number_is_refused_by_name()
    {
        Assert.Contains(
            "id.Client is",
            (await Assert.ThrowsAsync<ArgumentException>(() => OfferOnce(new(Guid.Empty, 1), MakeMany("a", 1)))).Message
        );
        Assert.Contains(
            "id.Number is 0",
            (await Assert.ThrowsAsync<ArgumentException>(() => OfferOnce(new(client, 0), MakeMany("a", 1)))).Message
        );
    }
}
