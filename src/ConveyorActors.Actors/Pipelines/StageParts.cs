using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

static class StageParts
{
    /// <summary>Offers the parts of a pass one after the other, as far as each is consumed whole: what comes behind a refused one must not overtake it.</summary>
    public static async ValueTask<PartsOffered> OfferAsync(IBufferService buffers, BufferPartsForStage pass)
    {
        var results = new List<OfferResult>(pass.Parts.Count);
        var from = 0;
        foreach (var count in pass.Parts)
        {
            OfferResult result;
            try
            {
                result = await buffers.BufferBatchForStageAsync(pass.Pipeline, pass.Stage, pass.Source, pass.Records.Slice(from, count)).ConfigureAwait(false);
            }
            catch (Exception wrong)
            {
                // What was accepted before is accepted: it must not be offered again.
                return new(pass.Pass, results, Problems.Of(wrong));
            }
            results.Add(result);
            if (result.Consumed < count) break;
            from += count;
        }
        return new(pass.Pass, results);
    }
}
