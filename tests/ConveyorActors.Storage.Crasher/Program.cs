using System.Text;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;

// Offers numbered records to a data directory and settles some of them, saying on standard output what it is about to do and what it has a receipt for,
// until it is killed. One line each, one write each:
//   offer SOURCE FROM TO | receipt SOURCE TO
//   hop SOURCE N,N,... | hopped SOURCE N,N,... | complete SOURCE N,N,... | completed SOURCE N,N,...
//   return STAGE SOURCE N,N,... | returned STAGE SOURCE N,N,...
// Or, when the directory cannot be opened: refused REASON, and the exit code is 3.
// Arguments: the directory, a seed, and for each source the first number to offer.
var (path, seed) = (args[0], int.Parse(args[1]));
const string pipeline = "crash";
using var output = Console.OpenStandardOutput();
DataDirectory directory;
try
{
    directory = DataDirectory.Open(path, new() { FoldAfterBytes = seed % 3 == 0 ? 64 << 10 : 32 << 20 });
}
catch (StorageException refused)
{
    Say($"refused {refused.Message}");
    return 3;
}
foreach (var finding in directory.Findings) Say($"finding {finding}");
var service = new EmbeddedBufferService(null, directory);
// Small, so that results of hops have to wait for room, and a backlog is loaded bit by bit.
var settings = new BufferSettings
{
    MaxTotalRecords = 200, MaxPerStage = 60, MaxPerSource = 90, Stage = new() { MaxRetries = 1_000_000, Backoff = BackoffSettings.None },
};
await service.ConfigureAsync(pipeline, settings);
Say("ready");
var crews = args.Skip(2).Select((first, i) => Task.Run(() => ProduceAsync($"s{i}", long.Parse(first), new Random(seed * 31 + i)))).ToList();
crews.Add(Task.Run(() => ConsumeAsync("one", new Random(seed * 31 + 10))));
crews.Add(Task.Run(() => ConsumeAsync("two", new Random(seed * 31 + 11))));
await await Task.WhenAny(crews);
return 0;

async Task ProduceAsync(string source, long next, Random random)
{
    while (true)
    {
        var count = random.Next(1, 12);
        var records = Enumerable.Range(0, count).Select(i => new ConveyorRecord($"{source}-{next + i}", Encoding.UTF8.GetBytes(new string('x', random.Next(300))))).ToArray();
        Say($"offer {source} {next} {next + count - 1}");
        var answer = await service.BufferBatchForStageAsync(pipeline, "one", source, records, Receipt.Disk);
        if (answer.Status == OfferStatus.StoreFailing) Say($"failing {directory.Failure}");
        next += answer.Accepted;
        if (answer.Accepted > 0) Say($"receipt {source} {next - 1}");
        else await Task.Yield();
    }
}

async Task ConsumeAsync(string stage, Random random)
{
    while (true)
    {
        var lease = await service.GetBatchAsync(pipeline, stage, new BatchRequest(random.Next(1, 30)) { Wait = true, OneSource = true });
        if (lease.Count == 0) return;
        var source = lease.Records[0].SourceId;
        // The first ones go on, the rest goes back: so each source keeps its order over both stages.
        var good = random.Next(0, lease.Count + 1);
        var (done, back) = (lease.Records.Take(good).ToArray(), lease.Records.Skip(good).ToArray());
        var (forth, rest) = (Numbers(done), Numbers(back));
        if (good > 0)
        {
            long[] sequences = [.. done.Select(r => r.Sequence)];
            if (stage == "one")
            {
                Say($"hop {source} {forth}");
                await service.HopAsync(pipeline, stage, lease.Id, sequences, "two", done.Select(r => r.Record).ToArray());
                if (await service.FlushAsync(pipeline)) Say($"hopped {source} {forth}");
            }
            else
            {
                Say($"complete {source} {forth}");
                await service.CompleteAsync(pipeline, stage, lease.Id, sequences);
                if (await service.FlushAsync(pipeline)) Say($"completed {source} {forth}");
            }
        }
        if (back.Length == 0) continue;
        Say($"return {stage} {source} {rest}");
        await service.ReturnToBufferAsync(pipeline, stage, lease.Id, null, "not this time");
        if (await service.FlushAsync(pipeline)) Say($"returned {stage} {source} {rest}");
    }
}

static string Numbers(IEnumerable<BufferedRecord<ConveyorRecord>> records) => string.Join(',', records.Select(r => r.Record.Id.Split('-')[1]));

void Say(string line)
{
    var bytes = Encoding.UTF8.GetBytes(line + "\n");
    lock (output)
    {
        output.Write(bytes);
        output.Flush();
    }
}
