using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Operators' holds while producers and consumers are working.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Everything_is_conserved_while_sources_and_stages_are_held_and_resumed_again_and_again()
    {
        await Configure(
            new()
            {
                MaxPerStage = 20,
                MaxPerSource = 15,
                MaxTotalRecords = 25,
            }
        );
        const int count = 60;
        await While(
            [
                .. new[] { "a", "b" }.Select(source => (Func<Task>)(() => OfferUntilIn(source, count))),
                () => TakeUntil(2 * count),
            ],
            [Watch, c => HoldAndResume(HoldTarget.Source, "a", c), c => HoldAndResume(HoldTarget.Stage, Stage, c)]
        );
        Assert.Equal((2 * count, 0), ((await AssertConserved()).Total.Completed, (await Total()).Pending));
    }

    async Task OfferUntilIn(string source, int count)
    {
        for (var i = 0; i < count; )
        {
            if ((await Offer($"{source}{i}", source: source)).IsAccepted)
                i++;
            else
                await Task.Yield();
        }
    }

    async Task TakeUntil(int count)
    {
        for (var taken = 0; taken < count; )
        {
            var batch = await Lease(7);
            if (batch.Count > 0)
                taken += (await Complete(batch)).Settled;
            else
                await Task.Yield();
        }
    }

    async Task HoldAndResume(HoldTarget target, string name, CancellationToken cancellationToken)
    {
        await Pause(target, name);
        await Task.Yield();
        await Resume(target, name);
        if (!cancellationToken.IsCancellationRequested)
            await Task.Delay(Milliseconds(1), TimeProvider.System, CancellationToken.None);
    }
}
