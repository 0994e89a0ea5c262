"""Libraries that train on datasets of the reference train on ours: some steps each, with tiny random models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arrowsets import ClassLabel, Dataset, DatasetDict

pytestmark = pytest.mark.filterwarnings("ignore")  # what other libraries warn of is theirs

WORDS = ["good", "bad", "film", "very", "not"]
TEXTS = [" ".join(WORDS[(i * j) % 5] for j in range(1, 6)) for i in range(24)]
SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
STEPS: dict[str, Any] = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "report_to": [],
    "use_cpu": True,
    "disable_tqdm": True,
    "save_strategy": "no",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tokenizer() -> Any:
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    known = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    known.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    special = [*names.values(), "[MASK]"]
    known.train_from_iterator(TEXTS, trainers.WordLevelTrainer(special_tokens=special))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=known, mask_token="[MASK]", eos_token="[SEP]", model_max_length=32, **names
    )


@pytest.fixture
def bert(tokenizer: Any) -> Callable[[str], Any]:
    transformers = pytest.importorskip("transformers")

    def make(cls: str) -> Any:
        config = transformers.BertConfig(vocab_size=len(tokenizer), num_labels=2, **SIZES)
        return getattr(transformers, cls)(config)

    return make


def labelled() -> Dataset:
    return Dataset.from_dict({"text": TEXTS, "label": [i % 2 for i in range(len(TEXTS))]})


@pytest.mark.parametrize("streaming", [False, True], ids=["dataset", "stream"])
def test_the_trainer_of_transformers(tokenizer: Any, bert: Callable[[str], Any], streaming: bool) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    encoded = labelled().map(lambda batch: tokenizer(batch["text"]), batched=True)
    trainer = transformers.Trainer(
        bert("BertForSequenceClassification"),
        transformers.TrainingArguments("out", **STEPS),
        train_dataset=encoded.to_iterable_dataset().shuffle(seed=1) if streaming else encoded,
        eval_dataset=DatasetDict({"first": encoded.take(4), "all": encoded}),
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
    )
    assert trainer.train().global_step == 2
    assert {"eval_first_loss", "eval_all_loss"} <= trainer.evaluate().keys()
    if not streaming:
        # It asks for the reference's class before it drops columns that the model does not take.
        assert "text" not in trainer._remove_unused_columns(encoded).column_names


@pytest.mark.parametrize("streaming", [False, True], ids=["dataset", "stream"])
def test_accelerate_prepares_a_data_loader(streaming: bool) -> None:
    accelerate = pytest.importorskip("accelerate")
    data = pytest.importorskip("torch.utils.data")
    dataset = Dataset.from_dict({"x": list(range(10))}).with_format("torch")
    rows: Any = dataset.to_iterable_dataset() if streaming else dataset
    loader = accelerate.Accelerator(cpu=True).prepare(data.DataLoader(rows, batch_size=4))
    assert [batch["x"].tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ("text", {}),
        ("text", {"packing": True}),
        ("text", {"packing": True, "packing_strategy": "wrapped"}),
        ("pairs", {}),
        ("stream", {}),
        ("stream", {"packing": True, "packing_strategy": "wrapped"}),
    ],
    ids=str,
)
def test_the_sft_trainer_of_trl(tokenizer: Any, rows: str, options: dict[str, Any]) -> None:
    trl = pytest.importorskip("trl")
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **SIZES)
    dataset = Dataset.from_dict({"text": TEXTS})
    pairs = Dataset.from_dict({"prompt": TEXTS, "completion": TEXTS[::-1]})
    trainer = trl.SFTTrainer(
        transformers.LlamaForCausalLM(config),
        trl.SFTConfig("out", **STEPS, **options, max_length=16, bf16=False),
        train_dataset={"text": dataset, "pairs": pairs, "stream": dataset.to_iterable_dataset()}[rows],
        processing_class=tokenizer,
    )
    assert "arrowsets" in type(trainer.train_dataset).__module__
    assert trainer.train().global_step == 2


@pytest.fixture
def sentences(tokenizer: Any, bert: Callable[[str], Any], tmp_path: Path) -> Any:
    library = pytest.importorskip("sentence_transformers")
    for part in (bert("BertModel"), tokenizer):
        part.save_pretrained(str(tmp_path / "bert"))
    return library.SentenceTransformer(str(tmp_path / "bert"), device="cpu")


@pytest.mark.parametrize("kind", ["dataset", "splits", "stream", "labels"])
def test_the_trainer_of_sentence_transformers(sentences: Any, kind: str) -> None:
    library = pytest.importorskip("sentence_transformers")
    losses = pytest.importorskip("sentence_transformers.losses")
    pairs = Dataset.from_dict({"anchor": TEXTS, "positive": TEXTS[::-1]})
    given: Any = {
        "dataset": pairs,
        "splits": DatasetDict({"one": pairs, "two": pairs.take(12)}),
        "stream": pairs.to_iterable_dataset(),
        "labels": labelled().cast_column("label", ClassLabel(names=["no", "yes"])),
    }[kind]
    ranking = losses.MultipleNegativesRankingLoss(sentences)
    sampler = {"batch_sampler": "group_by_label"} if kind == "labels" else {}
    trainer = library.SentenceTransformerTrainer(
        sentences,
        library.SentenceTransformerTrainingArguments("out", **STEPS, **sampler),
        train_dataset=given,
        loss=losses.BatchAllTripletLoss(sentences) if kind == "labels" else ranking,
    )
    assert trainer.train().global_step == 2


def test_sentence_transformers_encode_a_column(sentences: Any) -> None:
    assert sentences.encode(labelled()["text"]).shape == (len(TEXTS), 16)


def test_the_trainer_of_setfit(sentences: Any, tmp_path: Path) -> None:
    setfit = pytest.importorskip("setfit")
    sentences.save(str(tmp_path / "sentences"))
    model = setfit.SetFitModel.from_pretrained(str(tmp_path / "sentences"), device="cpu")
    trainer = setfit.Trainer(
        model=model,
        args=setfit.TrainingArguments(batch_size=4, num_epochs=1, max_steps=2, report_to="none", save_strategy="no"),
        train_dataset=setfit.sample_dataset(labelled(), num_samples=4),
        eval_dataset=labelled(),
        metric=lambda predicted, known: {"seen": len(predicted) == len(known)},
    )
    trainer.train()
    assert trainer.evaluate() == {"seen": True}
    assert model.predict(labelled()["text"]).shape == (len(TEXTS),)


def test_a_metric_of_evaluate(reference: Any) -> None:
    evaluate = pytest.importorskip("evaluate")

    class Hits(evaluate.Metric):  # type: ignore[misc,name-defined]
        def _info(self) -> Any:
            types = {"predictions": reference.Value("int64"), "references": reference.Value("int64")}
            return evaluate.MetricInfo(
                description="", citation="", inputs_description="", features=reference.Features(types)
            )

        def _compute(self, predictions: list[int], references: list[int]) -> dict[str, int]:
            return {"hits": sum(a == b for a, b in zip(predictions, references, strict=True))}

    dataset = labelled()
    assert Hits().compute(predictions=dataset["label"], references=dataset["label"]) == {"hits": len(TEXTS)}
