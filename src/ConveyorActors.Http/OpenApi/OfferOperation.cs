using ConveyorActors.Http.Records;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the request that offers records.</summary>
static class OfferOperation
{
    public static Operation Create(ConveyorHttpOptions options) =>
        new(
            "OfferRecords",
            Tags.RecordsIn,
            "Offers the records of the body: lines of JSON, an array of JSON, or lines of text; gzip is accepted."
        )
        {
            Description =
                "Records are accepted as a prefix of the body. The reply has status 200 if at least one was consumed; a client that sends records itself continues with record number `consumed`.",
            Path = Parameters.OfStage,
            Query = CreateQuery(options),
            Headers = CreateHeaders(),
            Body = CreateBody(options),
            Reply = Bodies.CreateReply("What became of the records.", SharedSchemas.OfferResult),
            Problems =
            [
                ProblemKinds.BadRecord,
                ProblemKinds.TooSlow,
                ProblemKinds.TooManyPipelines,
                ProblemKinds.OfferForgotten,
                ProblemKinds.BodyTooLarge,
                ProblemKinds.RecordTooLarge,
                ProblemKinds.UnsupportedBody,
                ProblemKinds.NoRoom,
                ProblemKinds.Held,
                ProblemKinds.NotSupported,
                ProblemKinds.Draining,
                ProblemKinds.StoreFailing,
            ],
        };

    static Field[] CreateQuery(ConveyorHttpOptions options) =>
        [
            Parameters.Source with
            {
                IsRequired = true,
            },
            Parameters.CreateAck("the records"),
            new ChoiceField(
                "body",
                "what each line or item is: a payload, or an object with `id`, `key`, `headers`, `eventTime` and the payload",
                IntakeRequest.BodyChoices
            )
            {
                HasDefault = true,
            },
            new TextField("idField", "the member of a JSON payload that is the record's id"),
            new FlagField("whole", "whether the body is accepted as a whole or not at all, without a wait")
            {
                Default = false,
            },
            new IntegerField(
                "credit",
                "a credit of the source at this stage, not with `whole`; without room left it covers nothing",
                1,
                long.MaxValue
            ),
            new IntegerField(
                "waitMs",
                $"how long to wait for room, at a stage whose full mode is wait; less than {IntakeRequest.MinWaitMs} counts as {IntakeRequest.MinWaitMs}",
                0,
                (long)options.MaxWait.TotalMilliseconds
            )
            {
                Default = (long)options.MaxWait.TotalMilliseconds,
            },
        ];

    static Field[] CreateHeaders() =>
        [
            new TextField(
                "Idempotency-Key",
                "a text of the client's choice: repeated requests of a source with it are one offer to the stage, with the reply of the first. Implies `whole`"
            )
            {
                MinLength = 1,
                MaxLength = IntakeRequest.MaxKeyLength,
            },
            new ChoiceField("Content-Encoding", "the compression of the body", "identity", "gzip")
            {
                HasDefault = true,
            },
            new TextField(Tracing.Parent, "the trace (W3C Trace Context) of those records that have no such header"),
        ];

    static OpenApiRequestBody CreateBody(ConveyorHttpOptions options)
    {
        return new()
        {
            Description =
                $"The records: at most {options.MaxBodyBytes} bytes, or {options.MaxWholeBytes} with `whole`, and at most {options.MaxRecordBytes} for each record; at most {RecordParser.MaxMetadataLength} characters of a record's id, key and headers together, counting {RecordParser.HeaderOverhead} more for each header. Lines of JSON may also have the type application/ndjson, application/jsonl, application/x-jsonlines, application/jsonlines or application/json-lines; lines of text no type, or the form type that `curl --data-binary` sends.",
            Content = Bodies.CreateContent(
                ("application/x-ndjson", CreateLines("a JSON value on each line; blank lines are left out")),
                ("application/json", CreateArray()),
                ("text/plain", CreateLines("a record on each line, of any bytes")),
                ("application/octet-stream", CreateLines("a record on each line, of any bytes"))
            ),
        };
    }

    static OpenApiSchema CreateLines(string description) =>
        new() { Type = JsonSchemaType.String, Description = description };

    static OpenApiSchema CreateArray() =>
        new()
        {
            Type = JsonSchemaType.Array,
            Description = "each item is a payload or, with `body=records`, a record",
            Items = new OpenApiSchema { AnyOf = [SharedSchemas.OfferedRecord.Refer(), new OpenApiSchema()] },
        };
}
