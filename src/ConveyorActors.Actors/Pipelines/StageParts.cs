using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

static class StageParts
{
    /// <summary>Offers a pass and stores the result in its ticket.</summary>
    public static async ValueTask<PartsOffered> OfferAsync(IBufferService buffers, BufferPartsForStage pass)
    {
        PartsOffered result;
        try
        {
            result = await OfferPartsAsync(buffers, pass).ConfigureAwait(false);
        }
        catch (Exception wrong)
        {
            result = new(pass.Pass, [], Problems.FromException(wrong));
        }
        pass.Ticket?.Complete(result);
        return result;
    }

    /// <summary>
    /// Offers the parts of a pass one after the other, as long as each is consumed whole: a later part must not
    /// overtake a refused one.
    /// </summary>
    static async ValueTask<PartsOffered> OfferPartsAsync(IBufferService buffers, BufferPartsForStage pass)
    {
        var results = new List<OfferResult>(pass.Parts.Count);
        var from = 0;
        foreach (var count in pass.Parts)
        {
            OfferResult result;
            try
            {
                result = await buffers
                    .BufferBatchForStageAsync(pass.Pipeline, pass.Stage, pass.Source, pass.Records.Slice(from, count))
                    .ConfigureAwait(false);
            }
            catch (Exception wrong)
            {
                // The accepted parts stay accepted and must not be offered again.
                return new(pass.Pass, results, Problems.FromException(wrong));
            }
            results.Add(result);
            if (result.Consumed < count)
                break;
            from += count;
        }
        return new(pass.Pass, results);
    }
}
